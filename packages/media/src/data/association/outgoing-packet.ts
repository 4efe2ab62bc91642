/** The packet being written. All packets of an association share one buffer. */
import {
  CHECKSUM_OFFSET,
  paddedLength,
  SCTP_CHUNK_HEADER_LENGTH,
  SCTP_HEADER_LENGTH,
  sctpChecksum,
  writeChecksum,
  writeOpaqueChunk,
  writeSctpHeader,
} from '@causeway/wire';

/** With 37 bytes for DTLS and the headers of IPv6 and UDP, a packet fits the 1,280 bytes that every path carries. */
export const MAX_PACKET_BYTES = 1_192;
/** The port announced in SDP (`a=sctp-port`). Inside DTLS it has no effect. */
const SCTP_PORT = 5_000;

export class OutgoingPacket {
  readonly bytes = new Uint8Array(MAX_PACKET_BYTES);
  /** Where the next chunk goes. Chunk writers advance it. */
  at = SCTP_HEADER_LENGTH;

  /** Starts a new packet with the verification tag that the peer has chosen. */
  begin(verificationTag: number): void {
    this.at = writeSctpHeader(this.bytes, SCTP_PORT, verificationTag);
  }

  get isEmpty(): boolean {
    return this.at === SCTP_HEADER_LENGTH;
  }

  /** Number of bytes left for chunks. */
  get room(): number {
    return MAX_PACKET_BYTES - this.at;
  }

  hasRoomForOpaque(body: Uint8Array): boolean {
    return paddedLength(SCTP_CHUNK_HEADER_LENGTH + body.length) <= this.room;
  }

  addOpaque(type: number, body: Uint8Array): void {
    this.at = writeOpaqueChunk(this.bytes, this.at, type, body);
  }

  /** @returns the packet, which is overwritten by the next one */
  finish(checksum: 'none' | 'crc32c'): Uint8Array {
    const packet = this.bytes.subarray(0, this.at);
    packet.fill(0, CHECKSUM_OFFSET, SCTP_HEADER_LENGTH);
    if (checksum === 'crc32c') writeChecksum(packet, sctpChecksum(packet));
    return packet;
  }
}
