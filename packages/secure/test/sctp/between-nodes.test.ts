import { type CountingSecureSuite, createSecureSuite } from '../../src/index.ts';
import { createEndpointPair, type EndpointPair } from '../endpoint-pair.ts';
import { bytesOf } from '../srtp/packets.ts';

const KIBIBYTE = 1024;

describe('a data channel between two nodes', () => {
  let suites: readonly [CountingSecureSuite, CountingSecureSuite];
  let pair: EndpointPair;

  beforeAll(async () => {
    suites = await Promise.all([createSecureSuite({ arenaSlots: 16 }), createSecureSuite({ arenaSlots: 16 })]);
  });

  beforeEach(async () => {
    pair = createEndpointPair({ serverSuite: suites[0], clientSuite: suites[1] });
    await Promise.all([pair.serverHears.connected, pair.clientHears.connected]);
  });

  afterEach(() => {
    pair.client.close();
    pair.server.close();
  });

  async function bothHaveOpened(count: number): Promise<void> {
    const { serverHears, clientHears } = pair;
    await Promise.all([
      serverHears.until(() => serverHears.opened.length === count),
      clientHears.until(() => clientHears.opened.length === count),
    ]);
  }

  test.each([
    ['client', 0],
    ['server', 1],
  ] as const)('can be opened by the DTLS %s alone, which begins the association', async (opener, streamId) => {
    const opened = pair[opener].openDataChannel({ label: 'causeway-control' });

    await bothHaveOpened(1);

    expect(opened).toBe(streamId);
    for (const heard of [pair.serverHears, pair.clientHears]) expect(heard.opened).toMatchObject([{ streamId, label: 'causeway-control' }]);
  });

  test('comes about once on each side when both open one at the same moment', async () => {
    pair.client.openDataChannel({ label: 'of the client' });
    pair.server.openDataChannel({ label: 'of the server' });

    await bothHaveOpened(2);

    for (const heard of [pair.serverHears, pair.clientHears]) {
      expect(heard.opened.map(({ label }) => label).sort()).toEqual(['of the client', 'of the server']);
      expect(heard.closeReason).toBeUndefined();
    }
  });

  test.each(['client', 'server'] as const)('carries hundreds of messages of up to 16 KiB both ways, opened by the %s', async (opener) => {
    const { client, server, clientHears, serverHears } = pair;
    const streamId = pair[opener].openDataChannel({ label: 'causeway-control' }) ?? -1;
    await bothHaveOpened(1);
    const messages = Array.from({ length: 300 }, (_, place) => {
      const length = place % 30 === 0 ? 16 * KIBIBYTE : 1 + ((place * 397) % KIBIBYTE);
      return place % 2 === 0 ? Uint8Array.from(bytesOf(`message ${place}`, length)) : 'x'.repeat(length);
    });

    const sent = messages.map((message) => [client.sendData(streamId, message), server.sendData(streamId, message)]);
    await serverHears.until(() => serverHears.messages.length === messages.length);
    await clientHears.until(() => clientHears.messages.length === messages.length);

    expect(sent.flat()).not.toContain(false);
    for (const heard of [serverHears, clientHears]) {
      expect(heard.messages.map(({ data }) => (typeof data === 'string' ? data : Uint8Array.from(data)))).toEqual(messages);
    }
  });

  test('carries thousands of messages that are sent at once, without waking each of them with every packet', async () => {
    const { client, serverHears } = pair;
    const streamId = client.openDataChannel({ label: 'causeway-control' }) ?? -1;
    await bothHaveOpened(1);
    const messages = Array.from({ length: 3000 }, (_, place) => `${place} ${'x'.repeat(KIBIBYTE)}`);

    const sent = messages.map((message) => client.sendData(streamId, message));
    await serverHears.until(() => serverHears.messages.length === messages.length);

    expect(sent).not.toContain(false);
    expect(serverHears.messages.map(({ data }) => data)).toEqual(messages);
  });
});
