import type { CreateSessionRequest } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { APP, OTHER_APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

const TALKS = { share: 0.8, recentShare: 0.9, loudnessDb: 30 };
const SILENT = { share: 0, recentShare: 0, loudnessDb: 0 };

/** A session that publishes `voice`, and what its engine says about it. */
async function join(world: SfuUnderTest, fields: Omit<CreateSessionRequest, 'sessionDescription'>, app = APP) {
  const client = new ScriptedClient();
  client.addTransceiver('audio', { direction: 'sendonly', trackId: 'voice', streamId: 's' });
  const { sessionId } = await world.sfu.createSession(app, { ...fields, sessionDescription: client.createOffer() });
  const trackId = world.shard.publicationsOf(sessionId)[0]?.trackId ?? '';
  const say = (reading: typeof TALKS) => world.shard.listener({ type: 'speech-measured', trackId, ...reading });
  return { sessionId, say };
}

const speakers = (world: SfuUnderTest) => world.eventsOf('speaker.changed').map(({ sessionId }) => sessionId);

describe('the active speaker', () => {
  it('is told with the track and the group, once', async () => {
    const world = new SfuUnderTest();
    const alice = await join(world, { group: 'red' });
    for (let told = 0; told < 5; told++) alice.say(TALKS);

    expect(world.eventsOf('speaker.changed')).toEqual([
      {
        type: 'speaker.changed',
        appId: APP,
        sessionId: alice.sessionId,
        group: 'red',
        trackId: 'voice',
        customTrackName: '',
        mid: '0',
        kind: 'audio',
      },
    ]);
  });

  it('is one for each group of an app, and one for the sessions without a group', async () => {
    const world = new SfuUnderTest();
    const red = await join(world, { group: 'red' });
    const other = await join(world, { group: 'red' });
    const blue = await join(world, { group: 'blue' });
    const none = await join(world, {});
    const foreign = await join(world, {}, OTHER_APP);
    for (const { say } of [red, other, blue, none, foreign]) say(TALKS);

    expect(speakers(world)).toEqual([red, blue, none, foreign].map(({ sessionId }) => sessionId));
    expect((await world.sfu.inspect()).kept.conversations).toBe(4);
  });

  it('changes when someone else speaks and the first falls silent, and is forgotten after a while', async () => {
    const world = new SfuUnderTest();
    const alice = await join(world, {});
    const bob = await join(world, {});
    alice.say(TALKS);
    await world.clock.advance(1500);
    alice.say(SILENT);
    bob.say(TALKS);
    await world.clock.advance(20_000);
    const other = await join(world, { group: 'late' });
    other.say(TALKS);

    expect(speakers(world)).toEqual([alice, bob, other].map(({ sessionId }) => sessionId));
    expect((await world.sfu.inspect()).kept.conversations).toBe(1);
  });
});
