import { type CountingSecureSuite, createSecureSuite } from '../../src/index.ts';
import { createEndpointPair, type EndpointPair } from '../endpoint-pair.ts';
import { bytesOf } from '../srtp/packets.ts';

describe('data channels', () => {
  let serverSuite: CountingSecureSuite;
  let clientSuite: CountingSecureSuite;
  let pair: EndpointPair;

  beforeAll(async () => {
    [serverSuite, clientSuite] = await Promise.all([createSecureSuite({ arenaSlots: 16 }), createSecureSuite({ arenaSlots: 16 })]);
  });

  beforeEach(async () => {
    pair = createEndpointPair({ serverSuite, clientSuite });
    await Promise.all([pair.serverHears.connected, pair.clientHears.connected]);
  });

  afterEach(() => {
    pair.client.close();
    pair.server.close();
  });

  /** Opens a channel from the client and waits until both ends have it. */
  async function openChannel(label: string): Promise<number> {
    const { client, clientHears, serverHears } = pair;
    const [openedByClient, openedByServer] = [clientHears.opened.length, serverHears.opened.length];
    const streamId = client.openDataChannel({ label });
    if (streamId === undefined) throw new Error('no stream id');
    await clientHears.until(() => clientHears.opened.length > openedByClient);
    await serverHears.until(() => serverHears.opened.length > openedByServer);
    return streamId;
  }

  test('the one who is asked learns label, protocol and reliability', async () => {
    const { client, serverHears } = pair;
    client.openDataChannel({ label: 'chät', protocol: 'json', ordered: false, maxRetransmits: 0 });
    client.openDataChannel({ label: '', maxPacketLifeTimeMs: 250 });

    await serverHears.until(() => serverHears.opened.length === 2);

    expect(serverHears.opened).toEqual([
      { streamId: 0, label: 'chät', protocol: 'json', ordered: false, maxRetransmits: 0, maxPacketLifeTimeMs: undefined },
      { streamId: 2, label: '', protocol: '', ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: 250 },
    ]);
  });

  test('messages go both ways unchanged: text, bytes, empty ones, and larger than a packet', async () => {
    const { client, server, clientHears, serverHears } = pair;
    const streamId = await openChannel('both ways');
    const messages = ['grüß dich', '', new Uint8Array(0), Uint8Array.from(bytesOf('large', 200_000)), Uint8Array.of(1, 2, 3)];

    for (const message of messages) {
      expect(client.sendData(streamId, message)).toBe(true);
      expect(server.sendData(streamId, message)).toBe(true);
    }
    await serverHears.until(() => serverHears.messages.length === messages.length);
    await clientHears.until(() => clientHears.messages.length === messages.length);

    for (const heard of [serverHears, clientHears]) {
      expect(heard.messages.map(({ data }) => (typeof data === 'string' ? data : Uint8Array.from(data)))).toEqual(messages);
      expect(heard.messages.every((message) => message.streamId === streamId)).toBe(true);
    }
  });

  test.each(['client', 'server'] as const)('a channel that the %s closes is closed at both ends', async (closer) => {
    const { clientHears, serverHears } = pair;
    const streamId = await openChannel('short-lived');

    pair[closer].closeDataChannel(streamId);
    await Promise.all([
      serverHears.until(() => serverHears.closedChannels.length === 1),
      clientHears.until(() => clientHears.closedChannels.length === 1),
    ]);

    expect(pair[closer].sendData(streamId, 'too late')).toBe(false);
    expect(serverHears.closedChannels).toEqual([streamId]);
    expect(clientHears.closedChannels).toEqual([streamId]);
  });

  test('forty channels in turn share a few stream ids, and none of them hears of the one before', async () => {
    const { client, clientHears, serverHears } = pair;
    const ids = new Set<number>();
    for (let turn = 1; turn <= 40; turn++) {
      const streamId = await openChannel(`turn ${turn}`);
      ids.add(streamId);
      client.sendData(streamId, `message ${turn}`);
      await serverHears.until(() => serverHears.messages.length === turn);
      pair[turn % 2 === 0 ? 'client' : 'server'].closeDataChannel(streamId);
      await Promise.all([
        serverHears.until(() => serverHears.closedChannels.length === turn),
        clientHears.until(() => clientHears.closedChannels.length === turn),
      ]);
    }

    expect(ids.size).toBeLessThanOrEqual(2);
    expect(serverHears.messages.map(({ data }) => data)).toEqual(Array.from({ length: 40 }, (_, i) => `message ${i + 1}`));
  });

  test('the server opens channels too, on odd ids, once the client has begun', async () => {
    const { server, clientHears, serverHears } = pair;
    const streamId = server.openDataChannel({ label: 'server-events' });
    await openChannel('begins the association');

    await serverHears.until(() => serverHears.opened.length === 2);
    server.sendData(streamId ?? -1, 'event');
    await clientHears.until(() => clientHears.messages.length === 1);

    expect(streamId).toBe(1);
    expect(clientHears.messages).toEqual([{ streamId: 1, data: 'event' }]);
  });

  test('closing the endpoint tells the peer, once', async () => {
    const { client, serverHears } = pair;
    await openChannel('to be gone');

    client.close();

    await expect(serverHears.closed).resolves.toBe('association-aborted');
  });

  test('a message over 256 KiB is refused where it is sent', async () => {
    const { client } = pair;
    const streamId = await openChannel('large');

    expect(client.sendData(streamId, new Uint8Array(262_145))).toBe(false);
  });
});
