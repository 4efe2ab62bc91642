import { CHECKSUM_OFFSET, readChecksum, sctpChecksum, writeChecksum } from '@causeway/wire';
import fc from 'fast-check';
import { SEEDED, uint32 } from '../seeded.ts';

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
