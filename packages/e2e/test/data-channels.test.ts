import {
  findFreeTcpPort,
  launchFirefox,
  openStage,
  type SfuAccess,
  type Stage,
  type TestBrowser,
  type TestPage,
  waitUntil,
} from '@causeway/e2e';

jest.setTimeout(90_000);

const BULK_MESSAGES = 300;
const BULK_MESSAGE_BYTES = 16_384;
/** Text, binary, and both when they are empty; on each of the four channels. */
const SMALL_MESSAGES = 16;

let stage: Stage;
let firefox: TestBrowser;
let debugPort: number;

beforeAll(async () => {
  debugPort = await findFreeTcpPort();
  stage = await openStage({ CAUSEWAY_DEBUG_PORT: String(debugPort) });
  firefox = await launchFirefox();
});

afterAll(async () => {
  await firefox.close();
  await stage.close();
});

/** Nobody can subscribe to data channels yet: messages that have arrived are counted where they end. */
async function readArrived(): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${debugPort}/metrics`)).text();
  return Number(/reason="data-without-subscriber"\} (\d+)/.exec(metrics)?.[1] ?? Number.NaN);
}

/** What a page does with its channels, as text, since it runs there. */
function useChannels({ host, appId, secret }: SfuAccess): string {
  return `(async () => {
    const connection = new RTCPeerConnection();
    const kinds = [{}, { ordered: false }, { ordered: false, maxRetransmits: 0 }, { maxPacketLifeTime: 500 }];
    const channels = kinds.map((kind, place) => connection.createDataChannel('channel ' + place, kind));
    const event = (channel, name) => new Promise((resolve) => { channel['on' + name] = resolve; });
    const opened = Promise.all(channels.map((channel) => event(channel, 'open')));
    await connection.setLocalDescription();
    const response = await fetch('${host}/api/sfu/${appId}/session/new', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: 'Bearer ${secret}' },
      body: JSON.stringify({ sessionDescription: connection.localDescription }),
    });
    await connection.setRemoteDescription((await response.json()).sessionDescription);
    await opened;
    const [bulk] = channels;
    bulk.bufferedAmountLowThreshold = 500000;
    for (let sent = 0; sent < ${BULK_MESSAGES}; sent++) {
      if (bulk.bufferedAmount > 1000000) await event(bulk, 'bufferedamountlow');
      bulk.send(new Uint8Array(${BULK_MESSAGE_BYTES}).fill(sent));
    }
    for (const channel of channels) for (const data of ['grüß dich', '', Uint8Array.of(1), new Uint8Array(0)]) channel.send(data);
    while (channels.some(({ bufferedAmount }) => bufferedAmount > 0)) await new Promise((resolve) => setTimeout(resolve, 20));
    const closed = Promise.all(channels.map((channel) => event(channel, 'close')));
    for (const channel of channels) channel.close();
    await closed;
    const again = connection.createDataChannel('again');
    await event(again, 'open');
    again.send('still here');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { connectionState } = connection;
    connection.close();
    return connectionState;
  })()`;
}

describe.each(['chromium', 'firefox'] as const)('data channels of %s', (browser) => {
  let page: TestPage;

  beforeEach(async () => {
    page = browser === 'firefox' ? await firefox.openPage(stage.site.origin) : await stage.openPage();
  });

  afterEach(() => page.close());

  it('open in every kind, take messages of every kind as fast as they can be sent, close, and open again', async () => {
    const before = await readArrived();

    const connectionState = await page.evaluateText(useChannels(stage.daemon.access));

    expect(connectionState).toBe('connected');
    const expected = before + BULK_MESSAGES + SMALL_MESSAGES + 1;
    await waitUntil('every message has arrived', readArrived, (arrived) => arrived === expected);
  });
});
