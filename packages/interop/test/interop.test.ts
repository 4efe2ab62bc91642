import { CLIENT_NAMES, type ClientName, type InteropStage, openInteropStage, runCall, runRound, VIDEO_CODECS } from '@causeway/interop';

jest.setTimeout(90_000);

let stage: InteropStage;

beforeAll(async () => {
  stage = await openInteropStage();
});

afterAll(async () => {
  await stage?.close();
});

const OTHERS: readonly ClientName[] = CLIENT_NAMES.filter((name) => name !== 'chromium');
// Firefox has no H.264 here.
const H264_OTHERS = OTHERS.filter((name) => name !== 'firefox');

describe('the clients of the matrix', () => {
  it.each(VIDEO_CODECS)('all see and hear what Chromium publishes in %s', async (codec) => {
    const subscribers = CLIENT_NAMES.map((name) => stage.client(name)).filter(({ videoCodecs }) => videoCodecs.includes(codec));

    const joins = await runRound({ access: stage.daemon.access, publisher: stage.client('chromium'), codec, subscribers });

    expect(joins.filter(({ failure }) => failure !== undefined)).toEqual([]);
    expect(joins).toHaveLength(codec === 'VP8' ? 5 : 4);
  });

  it.each([...OTHERS.map((name) => [name, 'VP8'] as const), ...H264_OTHERS.map((name) => [name, 'H264'] as const)])(
    'publish to Chromium: %s in %s',
    async (name, codec) => {
      const subscribers = [stage.client('chromium')];

      const joins = await runRound({ access: stage.daemon.access, publisher: stage.client(name), codec, subscribers });

      expect(joins).toEqual([expect.objectContaining({ subscriber: 'chromium', failure: undefined })]);
    },
  );

  it.each(OTHERS)('call Chromium, each with one session for both directions: %s', async (name) => {
    const parties = [stage.client(name), stage.client('chromium')] as const;

    const joins = await runCall({ access: stage.daemon.access, parties, codec: 'VP8' });

    expect(joins.map(({ failure }) => failure)).toEqual([undefined, undefined]);
  });
});
