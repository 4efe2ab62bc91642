import { BLUE, openStage, RED, type Stage } from '@causeway/e2e';

jest.setTimeout(90_000);

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});

afterAll(() => stage.close());

describe('subscribing and unsubscribing a hundred times on one session', () => {
  it('uses the same media line each time, so the session description does not grow', async () => {
    const alice = await stage.join('alice');
    const tracks = await alice.publish({ media: { kind: 'picture', colour: RED } }, { media: { kind: 'picture', colour: BLUE } });
    const bob = await stage.join('bob');
    const mediaLines = new Set<number>();
    const mids = new Set<string>();

    for (let cycle = 0; cycle < 100; cycle += 1) {
      const mid = await bob.watch(tracks[cycle % 2]!);
      mids.add(mid);
      mediaLines.add(await bob.countMediaLines());
      await bob.unsubscribe(mid);
    }

    expect([...mids]).toHaveLength(1);
    expect([...mediaLines]).toEqual([1]);
    const mid = await bob.watch(tracks[1]!);
    await bob.seesColour(mid, BLUE);
    await bob.decodesVideo(mid);
    expect(await bob.countMediaLines()).toBe(1);
  });
});
