/**
 * The checksum of SCTP packets, CRC-32C (Castagnoli), computed eight bytes at a time. Byte by byte, it would cost more
 * than everything else that SCTP does with a full packet.
 *
 * @see RFC 9260 §6.8, appendix A
 */

/** Offset of the checksum in the common header. It is little-endian, unlike every other field of SCTP. */
export const CHECKSUM_OFFSET = 8;

const CHECKSUM_LENGTH = 4;
const POLYNOMIAL_REVERSED = 0x82f6_3b78;
const LANES = 8;

/** Row `n` advances a byte's remainder over `n` zero bytes. All rows are in one array, which the first packet creates. */
let remainders: Int32Array | undefined;

/** Computes the checksum of a packet, whose own checksum field counts as zero. */
export function sctpChecksum(packet: Uint8Array): number {
  remainders ??= createTable();
  const table = remainders;
  let crc = 0xffff_ffff;
  for (let at = 0; at < CHECKSUM_OFFSET; at++) crc = table[(crc ^ packet[at]) & 0xff] ^ (crc >>> 8);
  for (let at = 0; at < CHECKSUM_LENGTH; at++) crc = table[crc & 0xff] ^ (crc >>> 8);
  const { length } = packet;
  let at = CHECKSUM_OFFSET + CHECKSUM_LENGTH;
  for (; at + LANES <= length; at += LANES) {
    crc ^= packet[at] | (packet[at + 1] << 8) | (packet[at + 2] << 16) | (packet[at + 3] << 24);
    crc =
      table[1792 + (crc & 0xff)] ^
      table[1536 + ((crc >>> 8) & 0xff)] ^
      table[1280 + ((crc >>> 16) & 0xff)] ^
      table[1024 + (crc >>> 24)] ^
      table[768 + packet[at + 4]] ^
      table[512 + packet[at + 5]] ^
      table[256 + packet[at + 6]] ^
      table[packet[at + 7]];
  }
  for (; at < length; at++) crc = table[(crc ^ packet[at]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Reads the checksum of a packet. */
export function readChecksum(packet: Uint8Array): number {
  const at = CHECKSUM_OFFSET;
  return (packet[at] | (packet[at + 1] << 8) | (packet[at + 2] << 16) | (packet[at + 3] << 24)) >>> 0;
}

/** Writes the checksum into the common header of a packet that is otherwise complete. */
export function writeChecksum(packet: Uint8Array, checksum: number): void {
  for (let byte = 0; byte < CHECKSUM_LENGTH; byte++) packet[CHECKSUM_OFFSET + byte] = checksum >>> (8 * byte);
}

function createTable(): Int32Array {
  const table = new Int32Array(256 * LANES);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) * POLYNOMIAL_REVERSED);
    table[byte] = crc;
  }
  for (let entry = 256; entry < table.length; entry++) {
    const before = table[entry - 256];
    table[entry] = table[before & 0xff] ^ (before >>> 8);
  }
  return table;
}
