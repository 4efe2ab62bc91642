/** The checksum of SCTP: CRC-32 with Castagnoli's polynomial. @see RFC 9260 appendix A */

const POLYNOMIAL_REVERSED = 0x82f6_3b78;

let table: Uint32Array | undefined;

/** The checksum of a packet whose own checksum field counts as zero. */
export function sctpChecksum(packet: Uint8Array): number {
  table ??= createTable();
  let crc = 0xffff_ffff;
  for (let i = 0; i < packet.length; i++) {
    const byte = i >= CHECKSUM_AT && i < CHECKSUM_AT + 4 ? 0 : packet[i];
    crc = table[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

/** Where the checksum stands in the common header; it is little-endian, alone in SCTP. */
export const CHECKSUM_AT = 8;

function createTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) * POLYNOMIAL_REVERSED);
    return crc;
  });
}
