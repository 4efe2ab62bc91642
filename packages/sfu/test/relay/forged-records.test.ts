/** The registry of a cluster is in Redis, where an attacker may write who has an app but not the cluster key. */

import { SfuError } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import type { TrackRecord } from '../../src/registry/index.ts';
import { APP, type Joined, OTHER_APP } from '../doubles/sfu-under-test.ts';
import { type Camera, ClusterUnderTest } from './doubles/cluster-under-test.ts';

interface Thief {
  readonly sessionId: string;
  readonly client: ScriptedClient;
}

/** A camera on one node that is watched on node 2; and sessions of another app on both nodes. */
async function scene({ publishedOn }: { readonly publishedOn: number }) {
  const cluster = await ClusterUnderTest.linked([1, 2]);
  const camera = await cluster.publish(publishedOn);
  const viewer = await cluster.join(2);
  const [accomplice, thief] = [await joinOtherApp(cluster, 1), await joinOtherApp(cluster, 2)];
  return { cluster, camera, viewer, accomplice, thief };
}

async function joinOtherApp(cluster: ClusterUnderTest, nodeNo: number): Promise<Thief> {
  const { world, shard } = cluster.node(nodeNo);
  const client = new ScriptedClient();
  const { sessionId, sessionDescription } = await world.sfu.createSession(OTHER_APP, { sessionDescription: client.createOffer() });
  client.applyAnswer(sessionDescription);
  shard.connect(sessionId);
  return { sessionId, client };
}

async function watch(cluster: ClusterUnderTest, viewer: Joined, { publisher }: Camera): Promise<void> {
  await viewer.receive(publisher.track('camera'));
  await cluster.clock.advance(500);
}

/** Writes that the camera is a track of the other app and of that session. */
async function forge(cluster: ClusterUnderTest, { publisher }: Camera, sessionId: string): Promise<void> {
  const record = await cluster.registry.locateTrack(APP, { by: 'id', sessionId: publisher.id, trackId: 'camera' });
  const forged = { ...record, appId: OTHER_APP, sessionId } as TrackRecord;
  await cluster.registry.putSession({ appId: OTHER_APP, sessionId, metadata: '', connectionState: 'connected', createdAtMs: 0 });
  await cluster.registry.putTrack(forged);
}

/** Subscribes to what was forged, and answers. @returns the error code, or what the thief is shown in the end */
async function steal(
  cluster: ClusterUnderTest,
  { sessionId, client }: Thief,
  remoteSessionId: string,
): Promise<string | readonly unknown[]> {
  const { world, shard } = cluster.node(2);
  try {
    const reply = await world.sfu.subscribe(OTHER_APP, sessionId, { tracks: [{ remoteSessionId, remoteTrackId: 'camera' }] });
    const answer = client.answerOffer(reply.sessionDescription ?? { sdp: '' });
    await world.sfu.renegotiate(OTHER_APP, sessionId, { sessionDescription: answer });
  } catch (error) {
    if (error instanceof SfuError) return error.code;
    throw error;
  }
  await cluster.clock.advance(1_000);
  return shard.subscriptionsOf(sessionId).flatMap(({ subscriptionId }) => cluster.mesh.tracks.shown(2, subscriptionId) ?? []);
}

describe('a record in the registry that says that a track is of another app', () => {
  it.each(['of the accomplice', 'that publishes it'])(
    'gives no access to what is watched on the same node, if it names the session %s',
    async (named) => {
      const { cluster, camera, viewer, accomplice, thief } = await scene({ publishedOn: 1 });
      await watch(cluster, viewer, camera);
      const sessionId = named === 'that publishes it' ? camera.publisher.id : accomplice.sessionId;
      await forge(cluster, camera, sessionId);

      const stolen = await steal(cluster, thief, sessionId);

      expect(stolen).toBe('track_not_found');
      expect(cluster.shown(2, viewer)).toEqual([`${camera.publicationId}@`]);
    },
  );

  it('gives no access to what is published on the same node, and does not change it', async () => {
    const { cluster, camera, viewer, accomplice, thief } = await scene({ publishedOn: 2 });
    await watch(cluster, viewer, camera);
    await forge(cluster, camera, accomplice.sessionId);

    const stolen = await steal(cluster, thief, accomplice.sessionId);

    expect(stolen).toBe('track_not_found');
    expect(cluster.shown(2, viewer)).toEqual([`${camera.publicationId}@`]);
    expect(cluster.node(2).world.eventsOf('track.closed')).toEqual([]);
  });

  it('gives no access to what the node does not know yet, because its owner refuses', async () => {
    const { cluster, camera, accomplice, thief } = await scene({ publishedOn: 1 });
    await forge(cluster, camera, accomplice.sessionId);

    const stolen = await steal(cluster, thief, accomplice.sessionId);

    expect(stolen).toEqual([]);
    expect(cluster.copies()).toEqual([]);
  });
});
