import { AppId } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { APP, type Joined, OTHER_APP } from '../doubles/sfu-under-test.ts';
import { ClusterUnderTest } from './doubles/cluster-under-test.ts';

/** The apps for which a node has asked others, a question each. */
function noteQuestions(cluster: ClusterUnderTest, nodeNo: number): readonly string[] {
  const { shard } = cluster.node(nodeNo);
  const apps: string[] = [];
  const send = shard.send.bind(shard);
  shard.send = (command) => {
    const message = command.type === 'send-data' ? JSON.parse(`${command.data}`).m : undefined;
    if (message?.type === 'locate') apps.push(message.appId);
    send(command);
  };
  return apps;
}

function invented({ id: remoteSessionId }: Joined, count = 64) {
  return Array.from({ length: count }, (_, place) => ({ remoteSessionId, remoteTrackId: `invented-${place}` }));
}

describe('questions to the owners of sessions', () => {
  it('are limited per app, so that those of other apps are still answered', async () => {
    const cluster = await ClusterUnderTest.linked([1, 2]);
    const { publisher } = await cluster.publish(1);
    await cluster.registry.removeSession(APP, publisher.id);
    const viewer = await cluster.join(2);
    const { sfu } = cluster.node(2).world;
    const questions = noteQuestions(cluster, 2);

    const calls = Array.from({ length: 40 }, () =>
      sfu.createSession(OTHER_APP, { sessionDescription: new ScriptedClient().createOffer(), subscribe: invented(publisher) }),
    );
    const received = viewer.receive(publisher.track('camera'));
    await cluster.clock.advance(500);

    expect((await received).tracks[0]?.errorCode).toBeUndefined();
    expect(questions.filter((appId) => appId === OTHER_APP)).toHaveLength(128);
    expect(await Promise.all(calls)).toHaveLength(40);
  });

  it('are limited for all apps together', async () => {
    const cluster = await ClusterUnderTest.linked([1, 2]);
    const { publisher } = await cluster.publish(1);
    const questions = noteQuestions(cluster, 2);

    const calls = Array.from({ length: 20 }, (_, call) =>
      cluster.node(2).world.sfu.createSession(AppId.parse(`app-${call}`), {
        sessionDescription: new ScriptedClient().createOffer(),
        subscribe: invented(publisher),
      }),
    );
    await cluster.clock.advance(2000);

    expect(await Promise.all(calls)).toHaveLength(20);
    expect(questions).toHaveLength(1024);
  });

  it('are asked again once earlier ones have been answered', async () => {
    const cluster = await ClusterUnderTest.linked([1, 2]);
    const { publisher } = await cluster.publish(1);
    const viewer = await cluster.join(2);
    const questions = noteQuestions(cluster, 2);

    for (let call = 0; call < 4; call++) {
      const refused = expect(viewer.subscribe(...invented(publisher))).rejects.toMatchObject({ code: 'track_not_found' });
      await cluster.clock.advance(500);
      await refused;
    }

    expect(questions).toHaveLength(4 * 64);
  });

  it('are not asked for an offer that is not SDP', async () => {
    const cluster = await ClusterUnderTest.linked([1, 2]);
    const { publisher } = await cluster.publish(1);
    const questions = noteQuestions(cluster, 2);

    const created = cluster.node(2).world.sfu.createSession(APP, {
      sessionDescription: { type: 'offer', sdp: 'no SDP' },
      subscribe: invented(publisher),
    });

    const refused = expect(created).rejects.toMatchObject({ code: 'invalid_session_description' });
    await cluster.clock.advance(2000);
    await refused;
    expect(questions).toEqual([]);
  });
});
