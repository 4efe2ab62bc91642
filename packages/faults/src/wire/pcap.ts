/**
 * Reads the files that `tcpdump -w` writes.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcap/ (file header, packet records)
 */
const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const LINKTYPE_ETHERNET = 1;
const LINKTYPE_AT = 20;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const CAPTURED_LENGTH_AT = 8;

/** Takes the file in pieces of any size and returns whole Ethernet frames. A record that is cut off at the end is left out. */
export class PcapReader {
  #rest: Buffer = Buffer.alloc(0);
  #hasHeader = false;

  /** @throws Error – this is not a little-endian capture of Ethernet with microseconds */
  *read(piece: Buffer): Generator<Buffer> {
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    this.#rest = bytes;
    if (!this.#hasHeader && bytes.length < FILE_HEADER_BYTES) return;
    let at = this.#hasHeader ? 0 : this.#readHeader(bytes);
    while (at + RECORD_HEADER_BYTES <= bytes.length) {
      const end = at + RECORD_HEADER_BYTES + bytes.readUInt32LE(at + CAPTURED_LENGTH_AT);
      if (end > bytes.length) break;
      yield bytes.subarray(at + RECORD_HEADER_BYTES, end);
      at = end;
    }
    this.#rest = bytes.subarray(at);
  }

  /** @returns where the first record starts */
  #readHeader(bytes: Buffer): number {
    this.#hasHeader = true;
    if (bytes.readUInt32LE(0) !== MAGIC_MICROSECONDS || bytes.readUInt32LE(LINKTYPE_AT) !== LINKTYPE_ETHERNET)
      throw new Error('The file is no capture of Ethernet as tcpdump writes it on this machine');
    return FILE_HEADER_BYTES;
  }
}
