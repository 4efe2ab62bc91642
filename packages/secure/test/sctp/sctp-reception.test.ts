import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataChannels } from '../../src/sctp/data-channels.ts';
import { SctpAssociation } from '../../src/sctp/sctp-association.ts';
import { createSctpCounters } from '../../src/sctp/sctp-counters.ts';
import { fencePacket } from '../../src/sctp/sctp-fence.ts';
import { type Reception, receivablePart } from '../../src/sctp/sctp-reception.ts';
import { loadSctp } from '../../src/sctp/werift-sctp.ts';
import { buildSctp, type Chunk, withChecksum } from './sctp-packets.ts';

const FIRST_FRAGMENT = 2;
const MIDDLE_FRAGMENT = 0;
const WHOLE = 3;

function dataChunk(tsn: number, userData = Buffer.of(1)): Chunk {
  const head = Buffer.alloc(12);
  head.writeUInt32BE(tsn >>> 0, 0);
  head.writeUInt32BE(51, 8);
  return { type: 0, body: Buffer.concat([head, userData]) };
}

function receptionOf(lastReceivedTsn: number, ...held: number[]): Reception {
  return { lastReceivedTsn, inboundStreams: Object.fromEntries(held.map((count, id) => [id, { reassembly: new Array(count).fill(0) }])) };
}

/** Of packets that hold nothing but DATA. */
function tsnsOf(packet: Buffer): readonly number[] {
  const tsns = [];
  for (let at = 12; at < packet.length; at += Math.ceil(packet.readUInt16BE(at + 2) / 4) * 4) tsns.push(packet.readUInt32BE(at + 4));
  return tsns;
}

describe('what may wait to be delivered', () => {
  test.each<[string, number, number, boolean]>([
    ['the next chunk', 1000, 1001, false],
    ['a chunk 256 ahead', 1000, 1256, false],
    ['a chunk 257 ahead', 1000, 1257, true],
    ['a chunk 257 ahead, over the end of the numbers', 0xffff_ffff, 0x100, true],
    ['a chunk 256 ahead, over the end of the numbers', 0xffff_ffff, 0xff, false],
    ['a chunk that came before', 1000, 1000, false],
    ['a chunk from long ago', 1000, 1000 - 500_000_000, false],
  ])('%s after %i: number %i', (_what, last, tsn, isTooMuch) => {
    expect(receivablePart(buildSctp(1, dataChunk(tsn)), receptionOf(last)) === undefined).toBe(isTooMuch);
  });

  test('is 512 chunks over all streams', () => {
    const packet = buildSctp(1, dataChunk(1001), dataChunk(1002));

    expect(receivablePart(packet, receptionOf(1000, 200, 200, 110))).toBe(packet);
    expect(receivablePart(packet, receptionOf(1000, 200, 200, 111))).toBeUndefined();
  });

  test('does not concern packets without data, nor those that come before the association has begun', () => {
    const sack = buildSctp(1, { type: 3, body: Buffer.alloc(12) });

    const first = buildSctp(1, dataChunk(5));

    expect(receivablePart(sack, receptionOf(1000, 600))).toBe(sack);
    expect(receivablePart(first, { lastReceivedTsn: undefined, inboundStreams: {} })).toBe(first);
  });

  test('is what a packet holds beside chunks that are too far ahead', () => {
    const sack: Chunk = { type: 3, body: Buffer.alloc(12) };

    const rest = receivablePart(buildSctp(1, sack, dataChunk(1300), dataChunk(1001), dataChunk(1301)), receptionOf(1000));
    const withoutData = receivablePart(buildSctp(1, sack, dataChunk(1300)), receptionOf(1000));

    expect(rest).toEqual(buildSctp(1, sack, dataChunk(1001)));
    expect(withoutData).toEqual(buildSctp(1, sack));
  });

  test('is a chunk that Chromium sends again, though it bundles it with a new one far ahead', () => {
    const packet = Buffer.from(readFileSync(join(__dirname, 'captured', 'chromium-retransmission.hex'), 'utf8').trim(), 'hex');
    const [lost, second, third, farAhead] = [409_689_744, 409_689_760, 409_689_775, 409_690_200];
    expect(tsnsOf(packet)).toEqual([lost, second, third, farAhead]);

    const rest = receivablePart(packet, receptionOf(lost - 1));

    expect(tsnsOf(rest ?? Buffer.alloc(0))).toEqual([lost, second, third]);
    expect(fencePacket(rest ?? Buffer.alloc(0))).toEqual({ isInit: false, hasData: true });
  });
});

/** A server's data channels, and the tag and number with which an attacker continues a client's association. */
async function establish() {
  const createSctp = await loadSctp();
  const counters = createSctpCounters();
  let aborted = 0;
  let tag = 0;
  let nextTsn = 0;
  let isHostile = false;
  const ignore = (): void => undefined;
  const server = new DataChannels(
    'server',
    {
      onPacket: (packet) => setImmediate(() => isHostile || client.handlePacket(packet)),
      onOpened: ignore,
      onClosed: ignore,
      onMessage: ignore,
      onAborted: () => aborted++,
    },
    counters,
  );
  let client!: SctpAssociation;
  await new Promise<void>((onEstablished) => {
    const listener = { onEstablished, onMessage: ignore, onStreamsReset: ignore, onAborted: ignore };
    const onPacket = (packet: Uint8Array): void => {
      const bytes = Buffer.from(packet);
      tag = bytes.readUInt32BE(4);
      // The initial TSN stands at the end of INIT's fixed part.
      if (bytes[12] === 1) nextTsn = bytes.readUInt32BE(28);
      setImmediate(() => server.handlePacket(packet));
    };
    client = new SctpAssociation(createSctp, true, { ...listener, onPacket }, createSctpCounters());
  });
  isHostile = true;
  return { server, client, counters, tag, nextTsn, aborted: () => aborted };
}

/** DATA with other flags than those of a whole message. */
function withFlags(packet: Buffer, flagsOf: (index: number) => number, chunks: number): Buffer {
  for (let index = 0; index < chunks; index++) packet[12 + index * 20 + 1] = flagsOf(index);
  return packet;
}

describe('SCTP flood: fifty thousand chunks of one byte', () => {
  const CHUNKS_PER_PACKET = 56;

  test.each<[string, (count: number) => number, (count: number) => number]>([
    ['every second one missing', (count) => 10 + 2 * count, () => WHOLE],
    ['of a message that never ends', (count) => count, (count) => (count === 0 ? FIRST_FRAGMENT : MIDDLE_FRAGMENT)],
  ])('%s: all but a few packets are dropped before they cost anything', async (_what, offsetOf, flagsOf) => {
    const { server, client, counters, tag, nextTsn, aborted } = await establish();
    const packets = Math.ceil(50_000 / CHUNKS_PER_PACKET);

    for (let packet = 0; packet < packets; packet++) {
      const first = packet * CHUNKS_PER_PACKET;
      const chunks = Array.from({ length: CHUNKS_PER_PACKET }, (_, index) => dataChunk(nextTsn + offsetOf(first + index)));
      server.handlePacket(withChecksum(withFlags(buildSctp(tag, ...chunks), (index) => flagsOf(first + index), CHUNKS_PER_PACKET)));
      await new Promise(setImmediate);
    }

    expect(counters.overflow).toBeGreaterThanOrEqual(packets - 10);
    expect(aborted()).toBe(0);
    client.close();
    server.close();
  });
});
