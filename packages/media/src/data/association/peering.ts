/**
 * An association after the handshake: the sending half, the receiving half, and stream resets. It reads the chunks for them, and fills
 * packets with their output.
 */
import {
  createSctpDataFields,
  parseForwardTsn,
  parseIForwardTsn,
  parseReconfig,
  readDataChunk,
  readIDataChunk,
  readUint32,
  SackView,
  SCTP_CHUNK_HEADER_LENGTH,
  SctpChunkType,
  type SctpPacketView,
} from '@causeway/wire';
import type { AssociationLimits } from './association-limits.ts';
import { ChunkReceiver, type DataVerdict } from './chunk-receiver.ts';
import { ChunkSender } from './chunk-sender.ts';
import type { InboundListener } from './inbound-streams.ts';
import type { OutgoingPacket } from './outgoing-packet.ts';
import type { StateCookie } from './state-cookie.ts';
import { StreamReset, type StreamResetListener } from './stream-reset.ts';

const SHUTDOWN_LENGTH = 8;

export class Peering {
  readonly agreed: StateCookie;
  readonly sender: ChunkSender;
  readonly reset: StreamReset;
  readonly #maxStreams: number;
  readonly #receiver: ChunkReceiver;
  readonly #fields = createSctpDataFields();
  readonly #sack = new SackView();

  constructor(agreed: StateCookie, limits: AssociationLimits, listener: InboundListener & StreamResetListener) {
    const { maxStreams, maxFlightBytes, maxQueueMs, maxMessageBytes, rate } = limits;
    const { localInitialTsn, peerInitialTsn, peerWindowBytes, isInterleaved, canAbandon } = agreed;
    this.agreed = agreed;
    this.#maxStreams = maxStreams;
    const pace = { maxFlightBytes, maxQueueMs, ...(rate !== undefined && { rate }) };
    this.sender = new ChunkSender({ initialTsn: localInitialTsn, peerWindowBytes, isInterleaved, canAbandon, ...pace });
    this.#receiver = new ChunkReceiver(peerInitialTsn, isInterleaved, maxMessageBytes, listener);
    this.reset = new StreamReset({ sender: this.sender, receiver: this.#receiver, listener, localInitialTsn, peerInitialTsn });
  }

  get nextDeadlineMs(): number {
    return Math.min(this.sender.nextDeadlineMs, this.#receiver.sackAtMs, this.reset.repeatAtMs);
  }

  handleTimeout(nowMs: number): void {
    this.sender.handleTimeout(nowMs);
    this.reset.handleTimeout(nowMs);
  }

  /** Handles the DATA or I-DATA chunk at the current position of the view. */
  handleData(nowMs: number, { bytes, chunkStart, chunkEnd, chunkType }: SctpPacketView): DataVerdict | 'malformed' {
    const { isInterleaved } = this.agreed;
    const isAgreed = (chunkType === SctpChunkType.iData) === isInterleaved;
    const read = isInterleaved ? readIDataChunk : readDataChunk;
    if (!isAgreed || !read(this.#fields, bytes, chunkStart, chunkEnd) || this.#fields.streamId >= this.#maxStreams) return 'malformed';
    return this.#receiver.handleData(nowMs, this.#fields);
  }

  /** @returns false if the chunk is malformed, as do the next three handlers */
  handleSack(nowMs: number, { bytes, chunkStart, chunkEnd }: SctpPacketView): boolean {
    return this.#sack.read(bytes, chunkStart, chunkEnd) && this.sender.handleSack(nowMs, this.#sack);
  }

  handleReconfig({ bytes, chunkStart, chunkEnd }: SctpPacketView): boolean {
    const parameters = parseReconfig(bytes, chunkStart, chunkEnd);
    if (parameters === undefined) return false;
    for (const parameter of parameters) this.reset.handle(parameter);
    return true;
  }

  handleForwardTsn(nowMs: number, { bytes, chunkStart, chunkEnd, chunkType }: SctpPacketView): boolean {
    const isInterleaved = chunkType === SctpChunkType.iForwardTsn;
    const forward = (isInterleaved ? parseIForwardTsn : parseForwardTsn)(bytes, chunkStart, chunkEnd);
    if (forward === undefined || forward.skipped.some(({ streamId }) => streamId >= this.#maxStreams)) return false;
    if (isInterleaved !== this.agreed.isInterleaved) return false;
    this.#receiver.handleForwardTsn(nowMs, forward);
    return true;
  }

  handleShutdown(nowMs: number, { bytes, chunkStart, chunkEnd }: SctpPacketView): boolean {
    if (chunkEnd - chunkStart !== SHUTDOWN_LENGTH) return false;
    this.sender.handleCumulativeTsn(nowMs, readUint32(bytes, chunkStart + SCTP_CHUNK_HEADER_LENGTH));
    return true;
  }

  /** Called when all chunks of a packet have been processed. */
  handlePacketEnd(nowMs: number, hadData: boolean): void {
    if (hadData) this.#receiver.handlePacketEnd(nowMs);
    this.reset.handleProgress();
  }

  /** Writes an acknowledgement that must not wait. @returns false if there is none */
  fillPressing(packet: OutgoingPacket): boolean {
    if (!this.#receiver.isSackPressing) return false;
    this.#receiver.writeSack(packet);
    return true;
  }

  /** Adds an acknowledgement if one is due or can travel with data, then stream resets and data. */
  fill(nowMs: number, packet: OutgoingPacket): void {
    const { sackAtMs } = this.#receiver;
    const canTravelAlong = sackAtMs < Number.POSITIVE_INFINITY && this.sender.wantsToSend(nowMs);
    if (sackAtMs <= nowMs || canTravelAlong) this.#receiver.writeSack(packet);
    this.reset.fill(nowMs, packet);
    this.sender.fill(nowMs, packet);
  }
}
