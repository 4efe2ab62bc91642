import { BLUE, GREEN, openStage, type Participant, RED, type Stage, YELLOW } from '@causeway/e2e';
import { waitUntil } from '@causeway/lab';

jest.setTimeout(120_000);

let stage: Stage;

// Each test has its own node, because where sessions go depends on the earlier load of the threads.
beforeEach(async () => {
  stage = await openStage({ CAUSEWAY_WORKERS: '2' });
});

afterEach(() => stage.close());

/** The shard that has the session: the SFU's user fragments begin with its number. */
function readShard(participant: Participant): Promise<string> {
  return participant.page.evaluate(
    ({ name }) => kit.peer(name).connection.currentRemoteDescription?.sdp.match(/^a=ice-ufrag:(..)/m)?.[1] ?? '',
    { name: participant.name },
  );
}

describe('a node with two worker threads', () => {
  it('lets all participants see and hear each other, on any thread', async () => {
    const people = [
      { name: 'alice', colour: RED, hertz: 440 },
      { name: 'bob', colour: GREEN, hertz: 660 },
      { name: 'carol', colour: BLUE, hertz: 880 },
      { name: 'dave', colour: YELLOW, hertz: 1320 },
    ];
    const members = [];
    for (const person of people) {
      const participant = await stage.join(person.name);
      const { colour, hertz } = person;
      const tracks = await participant.publish(
        { media: { kind: 'picture', colour } },
        { media: { kind: 'tone', leftHz: hertz, rightHz: hertz } },
      );
      members.push({ ...person, participant, tracks });
    }

    for (const { participant, name } of members) {
      for (const other of members.filter((member) => member.name !== name)) {
        const [video, audio] = await participant.subscribe(...other.tracks);
        await participant.seesColour(video?.mid ?? '', other.colour);
        await participant.hearsTones(audio?.mid ?? '', { leftHz: other.hertz, rightHz: other.hertz });
      }
    }

    const shards = await Promise.all(members.map(({ participant }) => readShard(participant)));
    expect(new Set(shards)).toEqual(new Set(['aa', 'ab']));
  });

  it('delivers messages to all participants, on any thread', async () => {
    const alice = await stage.join('alice', { channels: [{ label: 'chat' }] });
    const viewers = [];
    for (const name of ['bob', 'carol', 'dave']) viewers.push(await stage.join(name, { receive: ['video'] }));
    const item = { remoteSessionId: alice.sessionId, dataChannelName: 'chat' };
    for (const { page, name } of viewers) {
      await page.evaluate(
        async ({ name, item }) => {
          await kit.peer(name).subscribeChannels([item]);
          await kit.peer(name).channels.opened('chat');
        },
        { name, item },
      );
    }
    const messages = Array.from({ length: 100 }, (_, seed) => ({ kind: 'text' as const, length: 100 * seed, seed }));

    const sent = await alice.page.evaluate(({ messages }) => kit.peer('alice').channels.send('chat', messages), { messages });

    for (const { page, name } of viewers) {
      await waitUntil(
        `${name} has them all`,
        () => page.evaluate(({ name }) => kit.peer(name).channels.seen('chat').length, { name }),
        (count) => count === sent.length,
      );
      expect(await page.evaluate(({ name }) => kit.peer(name).channels.seen('chat'), { name })).toEqual(sent);
    }
    const shards = await Promise.all([alice, ...viewers].map(readShard));
    expect(new Set(shards)).toEqual(new Set(['aa', 'ab']));
  });

  it('carries the best simulcast layer to the other thread', async () => {
    const alice = await stage.join('alice');
    const picture = { kind: 'picture', colour: RED, width: 960, height: 540, framesPerSecond: 10 } as const;
    const layers = [{ rid: 'q', scaleResolutionDownBy: 4 }, { rid: 'h', scaleResolutionDownBy: 2 }, { rid: 'f' }];
    const [track] = await alice.publish({ media: picture, layers });
    const viewers = [await stage.join('bob'), await stage.join('carol'), await stage.join('dave')];

    const heights = await Promise.all(
      viewers.map(async (viewer) => {
        const mid = await viewer.watch(track!);
        return waitUntil(
          `${viewer.name} decodes the layer of 540 lines`,
          async () => (await viewer.readInbound()).find((stream) => stream.mid === mid)?.frameHeight,
          (frameHeight) => frameHeight === 540,
          60_000,
        );
      }),
    );

    expect(heights).toEqual([540, 540, 540]);
    const shards = await Promise.all([alice, ...viewers].map(readShard));
    expect(new Set(shards)).toEqual(new Set(['aa', 'ab']));
  });
});
