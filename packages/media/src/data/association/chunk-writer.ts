/** Writes outstanding chunks into packets, as DATA or I-DATA. */
import {
  createSctpDataFields,
  DATA_HEADER_LENGTH,
  I_DATA_HEADER_LENGTH,
  paddedLength,
  SCTP_HEADER_LENGTH,
  writeDataChunk,
  writeIDataChunk,
} from '@causeway/wire';
import type { OutgoingMessage } from './outgoing-message.ts';
import { MAX_PACKET_BYTES, type OutgoingPacket } from './outgoing-packet.ts';
import type { OutstandingChunks } from './outstanding-chunks.ts';

/** A shorter fragment at the end of a packet is not worth its header; the message then starts in the next packet. */
const MIN_FRAGMENT_BYTES = 256;

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
