import {
  CHECKSUM_OFFSET,
  readChecksum,
  SCTP_HEADER_LENGTH,
  SctpChunkType,
  SctpPacketView,
  sctpChecksum,
  writeChecksum,
  writeOpaqueChunk,
  writeSctpHeader,
} from '@causeway/wire';
import fc from 'fast-check';
import { bytes } from '../bytes.ts';
import { datagram, SEEDED, uint8, uint32 } from '../seeded.ts';

interface SeenChunk {
  readonly type: number;
  readonly body: Uint8Array;
}

function readPacket(packet: Uint8Array): { readonly tag: number; readonly chunks: SeenChunk[] } | undefined {
  const view = new SctpPacketView();
  if (!view.read(packet)) return undefined;
  const chunks: SeenChunk[] = [];
  while (view.nextChunk()) chunks.push({ type: view.chunkType, body: packet.slice(view.chunkStart + 4, view.chunkEnd) });
  return { tag: view.verificationTag, chunks };
}

const HEADER = '1388 1388 00000007 00000000';

test('a packet is its chunks in order, whatever their padding', () => {
  const chunk = fc.record({ type: uint8, body: fc.uint8Array({ maxLength: 9 }) });
  fc.assert(
    fc.property(uint32, fc.array(chunk, { minLength: 1, maxLength: 20 }), (tag, chunks) => {
      const out = new Uint8Array(1000);
      let at = writeSctpHeader(out, 5000, tag);
      for (const { type, body } of chunks) at = writeOpaqueChunk(out, at, type, body);

      expect(readPacket(out.subarray(0, at))).toEqual({ tag, chunks });
    }),
    SEEDED,
  );
});

test('a last chunk may come without its padding', () => {
  expect(readPacket(bytes(`${HEADER} 04000005 aa`))?.chunks).toEqual([{ type: SctpChunkType.heartbeat, body: bytes('aa') }]);
});

test.each([
  ['nothing', ''],
  ['less than a header', '1388 1388 00000007'],
  ['a header alone', HEADER],
  ['a chunk of length 0', `${HEADER} 0b000000`],
  ['a chunk of length 3', `${HEADER} 0b000003`],
  ['a chunk that runs past the packet', `${HEADER} 0b000005`],
  ['half a second chunk', `${HEADER} 0b000004 0b00`],
  ['more chunks than a full packet holds', `${HEADER} ${'0b000004'.repeat(101)}`],
])('%s is not a packet', (_what, text) => {
  expect(readPacket(bytes(text))).toBeUndefined();
});

test('arbitrary bytes are a packet or none, and its chunks lie within it', () => {
  fc.assert(
    fc.property(datagram, (packet) => {
      const view = new SctpPacketView();
      if (!view.read(packet)) return;
      let end = SCTP_HEADER_LENGTH;
      while (view.nextChunk()) {
        expect(view.chunkStart).toBeGreaterThanOrEqual(end);
        end = view.chunkEnd;
      }
      expect(end).toBeLessThanOrEqual(packet.length);
    }),
    SEEDED,
  );
});

const POLYNOMIAL_REVERSED = 0x82f6_3b78;

/** The definition of CRC-32C, a bit at a time. */
function bitwiseChecksum(packet: Uint8Array): number {
  let crc = 0xffff_ffff;
  packet.forEach((byte, at) => {
    crc ^= at >= CHECKSUM_OFFSET && at < CHECKSUM_OFFSET + 4 ? 0 : byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) * POLYNOMIAL_REVERSED);
  });
  return ~crc >>> 0;
}

test('the checksum is CRC-32C, and counts its own field as zero', () => {
  const zeros = new Uint8Array(32);

  // RFC 3720 appendix B.4.
  expect(sctpChecksum(zeros)).toBe(0x8a91_36aa);
  expect(sctpChecksum(zeros.fill(0xff, 8, 12))).toBe(0x8a91_36aa);
});

test('packets of every length have the checksum that bitwise division gives', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 12, maxLength: 100, size: 'max' }), (packet) => {
      expect(sctpChecksum(packet)).toBe(bitwiseChecksum(packet));
    }),
    SEEDED,
  );
});

test('a checksum that was written is read back, little-endian', () => {
  fc.assert(
    fc.property(uint32, (checksum) => {
      const packet = new Uint8Array(16);

      writeChecksum(packet, checksum);

      expect(readChecksum(packet)).toBe(checksum);
      expect(packet[CHECKSUM_OFFSET]).toBe(checksum & 0xff);
    }),
    SEEDED,
  );
});
