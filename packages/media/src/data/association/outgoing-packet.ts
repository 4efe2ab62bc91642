/** The packet being written. All packets of an association share one buffer. */
import {
  CHECKSUM_OFFSET,
  createSctpDataFields,
  DATA_HEADER_LENGTH,
  I_DATA_HEADER_LENGTH,
  paddedLength,
  SCTP_CHUNK_HEADER_LENGTH,
  SCTP_HEADER_LENGTH,
  sctpChecksum,
  writeChecksum,
  writeDataChunk,
  writeIDataChunk,
  writeOpaqueChunk,
  writeSctpHeader,
} from '@causeway/wire';
import type { OutgoingMessage } from './outgoing-message.ts';
import type { OutstandingChunks } from './outstanding-chunks.ts';

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

/** A shorter fragment at the end of a packet is not worth its header; the message then starts in the next packet. */
const MIN_FRAGMENT_BYTES = 256;

/** Writes outstanding chunks into packets, as DATA or I-DATA. */
export class ChunkWriter {
  readonly #chunks: OutstandingChunks;
  readonly #isInterleaved: boolean;
  readonly #headerLength: number;
  readonly #fields = createSctpDataFields();

  constructor(chunks: OutstandingChunks, isInterleaved: boolean) {
    this.#chunks = chunks;
    this.#isInterleaved = isInterleaved;
    this.#headerLength = isInterleaved ? I_DATA_HEADER_LENGTH : DATA_HEADER_LENGTH;
  }

  hasRoomFor(tsn: number, packet: OutgoingPacket): boolean {
    return paddedLength(this.#headerLength + this.#chunks.length(tsn)) <= packet.room;
  }

  /** How many bytes of a message the next chunk takes; 0 if the message must wait for the next packet. */
  fragmentLength(message: OutgoingMessage, packet: OutgoingPacket): number {
    const room = (packet.room & ~3) - this.#headerLength;
    const restBytes = message.data.length - message.sentBytes;
    if (restBytes <= room) return restBytes;
    const isWholeInNext = restBytes <= MAX_PACKET_BYTES - SCTP_HEADER_LENGTH - this.#headerLength;
    return isWholeInNext || room < MIN_FRAGMENT_BYTES ? 0 : room;
  }

  /** @param urgency `immediate` asks the peer to acknowledge at once (RFC 7053) */
  write(tsn: number, packet: OutgoingPacket, urgency: 'immediate' | 'delayed'): void {
    const chunks = this.#chunks;
    const message = chunks.message(tsn);
    const fields = this.#fields;
    fields.tsn = tsn >>> 0;
    fields.streamId = message.streamId;
    fields.messageNumber = message.messageNumber;
    fields.fragmentNumber = chunks.fragment(tsn);
    fields.protocolId = message.protocolId;
    fields.isUnordered = message.isUnordered;
    fields.isBeginning = chunks.offset(tsn) === 0;
    fields.isEnd = chunks.offset(tsn) + chunks.length(tsn) === message.data.length;
    fields.isImmediate = urgency === 'immediate';
    fields.payload = message.data;
    fields.payloadOffset = chunks.offset(tsn);
    fields.payloadLength = chunks.length(tsn);
    const write = this.#isInterleaved ? writeIDataChunk : writeDataChunk;
    packet.at = write(packet.bytes, packet.at, fields);
  }
}
