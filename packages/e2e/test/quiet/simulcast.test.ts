import { BLUE, openStage, RED, type Stage } from '@causeway/e2e';
import { waitUntil } from '@causeway/lab';

jest.setTimeout(120_000);

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});

afterAll(() => stage.close());

/** Lowest first. Chromium sends three layers only of a picture at least 960 pixels wide. */
const LAYERS = [{ rid: 'q', scaleResolutionDownBy: 4 }, { rid: 'h', scaleResolutionDownBy: 2 }, { rid: 'f' }];
const PICTURE = { kind: 'picture', colour: RED, width: 960, height: 540, framesPerSecond: 10 } as const;

describe('a publisher with three simulcast layers', () => {
  it('is received in all layers and shown in the best', async () => {
    const alice = await stage.join('alice');
    const bob = await stage.join('bob');

    const [track] = await alice.publish({ media: PICTURE, layers: LAYERS, customTrackName: 'camera' });
    const mid = await bob.watch(track!);

    expect(await alice.listTracks()).toEqual([expect.objectContaining({ customTrackName: 'camera', rids: ['q', 'h', 'f'] })]);
    // The SFU writes receiver reports on exactly those streams that have reached it.
    const layers = await waitUntil(
      'the SFU reports on all three layers',
      () => alice.readOutbound(),
      (streams) => streams.length === 3 && streams.every(({ isReportedOn, framesSent }) => isReportedOn && framesSent > 0),
      40_000,
    );
    expect(layers.map(({ rid, frameHeight }) => [rid, frameHeight]).sort()).toEqual([
      ['f', 540],
      ['h', 270],
      ['q', 135],
    ]);
    const best = await waitUntil(
      'bob decodes the layer of 540 lines',
      async () => (await bob.readInbound()).find((stream) => stream.mid === mid)?.frameHeight,
      (frameHeight) => frameHeight === 540,
      40_000,
    );
    expect(best).toBe(540);
    await bob.seesColour(mid, RED);
    await bob.decodesVideo(mid, 10);
  });

  it('is shown to a viewer who switches to it from a track watched for longer', async () => {
    const dave = await stage.join('dave');
    const [red] = await dave.publish({ media: { ...PICTURE, framesPerSecond: 30 }, layers: LAYERS });
    await waitUntil(
      'dave counts frames that the other publisher has not got to when this test has long failed',
      () => dave.readOutbound(),
      (streams) => streams.reduce((sum, { framesSent }) => sum + framesSent, 0) > 600,
      40_000,
    );
    const erin = await stage.join('erin');
    const mid = await erin.watch(red!);
    await erin.seesColour(mid, RED);
    const frank = await stage.join('frank');
    const [blue] = await frank.publish({ media: { ...PICTURE, colour: BLUE }, layers: LAYERS });

    await erin.switchTo(mid, blue!);

    await erin.seesColour(mid, BLUE);
  });
});
