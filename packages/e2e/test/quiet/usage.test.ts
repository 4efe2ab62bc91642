import { GREEN, type InboundFigures, openStage, type Stage } from '@causeway/e2e';
import { findFreePort, waitUntil } from '@causeway/lab';

jest.setTimeout(120_000);

const FIXED_HEADER_BYTES = 12;

let stage: Stage;
let debugPort: number;

beforeAll(async () => {
  debugPort = await findFreePort('tcp');
  stage = await openStage({ CAUSEWAY_DEBUG_PORT: String(debugPort) });
});

afterAll(() => stage.close());

interface Used {
  readonly down: number;
  readonly up: number;
  readonly retransmitted: number;
  readonly data: number;
}

async function readUsed(): Promise<Used> {
  const reply = await fetch(`http://127.0.0.1:${debugPort}/debug/usage?app=${stage.daemon.access.appId}`);
  return ((await reply.json()) as { readonly bytes: Used }).bytes;
}

/** Adds up bytes in the way that docs/operate/usage.md gives for checking a bill. */
function billable(streams: readonly InboundFigures[]): number {
  return streams.reduce((sum, { bytesReceived, packetsReceived }) => sum + bytesReceived + FIXED_HEADER_BYTES * packetsReceived, 0);
}

test('two Chromium viewers are billed the bytes that they report as received, to the byte', async () => {
  const alice = await stage.join('alice');
  const viewers = [await stage.join('bob'), await stage.join('carol')];
  const tracks = await alice.publish({ media: { kind: 'picture', colour: GREEN } }, { media: { kind: 'tone', leftHz: 440, rightHz: 440 } });
  for (const viewer of viewers) {
    const [video] = await viewer.subscribe(...tracks);
    await viewer.decodesVideo(video?.mid ?? '', 60);
  }

  await alice.page.close();
  const used = await waitUntil(
    'the bill is what was received',
    async () => {
      const streams = (await Promise.all(viewers.map((viewer) => viewer.readInbound()))).flat();
      return { ...(await readUsed()), received: billable(streams), repaired: streams.some(({ packetsRepaired }) => packetsRepaired > 0) };
    },
    ({ down, received }) => down > 0 && down === received,
    20_000,
  );

  expect(used).toMatchObject({ retransmitted: 0, repaired: false });
  expect(used.down).toBeGreaterThan(used.up);
});

test('messages on data channels are billed once for each subscriber, to the byte of their payload', async () => {
  const alice = await stage.join('alice', { channels: [{ label: 'chat' }] });
  const viewers = [await stage.join('bob', { receive: ['video'] }), await stage.join('carol', { receive: ['video'] })];
  for (const { page, name } of viewers) {
    const item = { remoteSessionId: alice.sessionId, dataChannelName: 'chat' };
    await page.evaluate(
      async ({ name, item }) => {
        await kit.peer(name).subscribeChannels([item]);
        await kit.peer(name).channels.opened('chat');
      },
      { name, item },
    );
  }
  const { data: before } = await readUsed();

  await alice.page.evaluate(
    ({ name }) => {
      const messages = [0, 1, 1_000, 100_000].map((length, seed) => ({ kind: 'binary' as const, length, seed }));
      return kit.peer(name).channels.send('chat', messages);
    },
    { name: alice.name },
  );
  const received = async (): Promise<number> => {
    const lengths = await Promise.all(
      viewers.map(({ page, name }) =>
        page.evaluate(
          ({ name }) =>
            kit
              .peer(name)
              .channels.seen('chat')
              .map(({ length }) => length),
          { name },
        ),
      ),
    );
    return lengths.flat().reduce((sum, length) => sum + length, 0);
  };

  const used = await waitUntil(
    'the bill is what was received',
    async () => ({ billed: (await readUsed()).data - before, received: await received() }),
    ({ billed, received }) => billed > 0 && billed === received,
    20_000,
  );
  expect(used.billed).toBe(2 * 101_001);
});
