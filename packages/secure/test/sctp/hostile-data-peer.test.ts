/** What an admitted peer can do with SCTP inside its DTLS: W04, W05, and more than was agreed. */
import fc from 'fast-check';
import { DataChannels, type DataChannelsListener } from '../../src/sctp/data-channels.ts';
import { writeDcepOpen } from '../../src/sctp/dcep.ts';
import { SctpAssociation } from '../../src/sctp/sctp-association.ts';
import { createSctpCounters } from '../../src/sctp/sctp-counters.ts';
import { loadSctp, type SctpFactory } from '../../src/sctp/werift-sctp.ts';
import { buildSctp, initBody, withChecksum } from './sctp-packets.ts';

/** A server's data channels, and a client that speaks bare SCTP to them. */
class HostilePeer {
  readonly opened: number[] = [];
  readonly closed: number[] = [];
  readonly messages: (Uint8Array | string)[] = [];
  readonly toServer: Buffer[] = [];
  readonly counters = createSctpCounters();
  readonly resets: number[] = [];
  readonly server: DataChannels;
  readonly client: SctpAssociation;
  aborted = 0;
  /** Nothing more reaches the client: it acknowledges nothing. */
  isDeaf = false;
  #onChange: () => void = () => {};

  constructor(createSctp: SctpFactory) {
    const listener: DataChannelsListener = {
      onPacket: (packet) => {
        if (!this.isDeaf) setImmediate(() => this.client.handlePacket(packet));
      },
      onOpened: ({ streamId }) => this.#note(this.opened, streamId),
      onClosed: (streamId) => this.#note(this.closed, streamId),
      onMessage: (_, data) => this.#note(this.messages, data),
      onAborted: () => {
        this.aborted++;
      },
    };
    this.server = new DataChannels('server', listener, this.counters);
    this.client = new SctpAssociation(
      createSctp,
      true,
      {
        onPacket: (packet) => {
          this.toServer.push(Buffer.from(packet));
          setImmediate(() => this.server.handlePacket(packet));
        },
        onEstablished: () => this.#onChange(),
        onMessage: () => this.#onChange(),
        onStreamsReset: (ids) => {
          this.resets.push(...ids);
          this.#onChange();
        },
        onAborted: () => {},
      },
      createSctpCounters(),
    );
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (condition()) resolve();
      };
      this.#onChange = check;
      check();
    });
  }

  send(streamId: number, protocolId: number, data: Buffer): void {
    this.client.send({ streamId, protocolId, data, isOrdered: true });
  }

  open(streamId: number, label = 'channel'): void {
    const info = { streamId, label, protocol: '', ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined };
    this.send(streamId, 50, writeDcepOpen(info));
  }

  close(): void {
    this.client.close();
    this.server.close();
  }

  #note<T>(list: T[], item: T): void {
    list.push(item);
    this.#onChange();
  }
}

let peer: HostilePeer;

beforeEach(async () => {
  peer = new HostilePeer(await loadSctp());
  await peer.until(() => peer.client.isEstablished);
});

afterEach(() => peer.close());

test('W04: unknown payload protocols, acknowledgements of no channel and malformed packets are dropped, and data flows on', async () => {
  peer.open(0);
  peer.send(0, 99, Buffer.from('?'));
  peer.send(6, 50, Buffer.of(2));
  peer.send(8, 51, Buffer.from('on no channel'));
  for (const packet of [Buffer.alloc(3), Buffer.alloc(20), buildSctp(9, { type: 11, body: Buffer.alloc(0), claimedLength: 0 })]) {
    peer.server.handlePacket(packet);
  }
  peer.send(0, 51, Buffer.from('still here'));

  await peer.until(() => peer.messages.length > 0);

  expect(peer.messages).toEqual(['still here']);
  expect(peer.counters).toMatchObject({ malformedPackets: 3, strayMessages: 2 });
  expect(peer.aborted).toBe(0);
});

test('a channel with the wrong parity, a broken OPEN or a label over 255 bytes is reset, the others live', async () => {
  peer.open(1);
  peer.send(2, 50, Buffer.from('030000000000000000ff0000', 'hex'));
  peer.open(4, 'l'.repeat(256));
  peer.open(6);

  await peer.until(() => peer.resets.length >= 3 && peer.opened.length > 0);

  expect(peer.opened).toEqual([6]);
  expect(new Set(peer.resets)).toEqual(new Set([1, 2, 4]));
  expect(peer.counters.refusedChannels).toBe(3);
});

test('at most 256 channels are open at once', async () => {
  for (let streamId = 0; streamId < 600; streamId += 2) peer.open(streamId);

  await peer.until(() => peer.opened.length + peer.counters.refusedChannels === 300 && peer.resets.length >= 44);

  expect(peer.opened).toHaveLength(256);
  expect(peer.counters.refusedChannels).toBe(44);
});

test('for a peer that takes nothing some five megabytes wait, and what is too much is refused where it is sent', async () => {
  const message = Buffer.alloc(262_144);
  peer.open(0);
  await peer.until(() => peer.opened.length > 0);
  peer.isDeaf = true;

  const taken = Array.from({ length: 100 }, () => peer.server.send(0, message)).filter((isTaken) => isTaken).length;

  expect(taken * message.length).toBeGreaterThan(4 << 20);
  expect(taken * message.length).toBeLessThan(5 << 20);
});

test('a peer that begins with anything but INIT gets no association', () => {
  const counters = createSctpCounters();
  const output: Uint8Array[] = [];
  const listener: DataChannelsListener = {
    onPacket: (packet) => output.push(packet),
    onOpened: () => {},
    onClosed: () => {},
    onMessage: () => {},
    onAborted: () => {},
  };
  const server = new DataChannels('server', listener, counters);

  server.handlePacket(buildSctp(1, { type: 11, body: Buffer.alloc(0) }));
  server.handlePacket(buildSctp(0, { type: 1, body: initBody(Buffer.from('c0000000', 'hex')) }));

  expect(output).toEqual([]);
  expect(counters.malformedPackets).toBe(2);
});

test('packets of a real association, altered but with a right checksum, are never thrown over', async () => {
  peer.open(0);
  peer.send(0, 51, Buffer.from('some text'));
  await peer.until(() => peer.messages.length > 0);
  const recorded = peer.toServer.map((packet) => Buffer.from(packet));
  const changes = fc.array(fc.tuple(fc.nat({ max: 100 }), fc.nat({ max: 255 })), { maxLength: 5 });

  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat({ max: recorded.length - 1 }), changes), { maxLength: 20 }), async (steps) => {
      const victim = new HostilePeer(await loadSctp());
      await victim.until(() => victim.client.isEstablished);
      const tag = victim.toServer[1]?.readUInt32BE(4) ?? 0;
      for (const [which, bytes] of steps) {
        const packet = Buffer.from(recorded[which]);
        packet.writeUInt32BE(tag, 4);
        for (const [at, value] of bytes) packet[12 + (at % (packet.length - 12))] = value;
        victim.server.handlePacket(withChecksum(packet));
      }
      await new Promise(setImmediate);
      victim.close();
    }),
    { seed: 4960, numRuns: 150 },
  );
});
