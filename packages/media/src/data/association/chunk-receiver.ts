/**
 * The receiving half of an association. Decides which chunks are accepted, and when they are acknowledged.
 *
 * @see RFC 9260 §6.2, RFC 7053, RFC 3758 §3.6
 */
import { SACK_ENTRY_LENGTH, SACK_HEADER_LENGTH, type SctpDataFields, type SctpForwardTsn, writeSack } from '@causeway/wire';
import { type InboundListener, InboundStreams } from './inbound-streams.ts';
import { MAX_PACKET_BYTES, type OutgoingPacket } from './outgoing-packet.ts';
import { ReceivedTsns } from './received-tsns.ts';

/** The receive window, 5 MiB as in browsers. It only fills up while a lost chunk blocks those that follow. */
export const WINDOW_BYTES = 5 << 20;
/** A window of full packets has 4,500 chunks. If there are more they are smaller, and each costs memory beyond its bytes. */
const MAX_HELD_CHUNKS = 8_192;
/**
 * A chunk that fills the first gap is accepted even above the limits, since otherwise nothing would ever be delivered. At this multiple of
 * the limits the association ends.
 */
const TOLERANCE = 2;
const SACK_DELAY_MS = 200;
const PACKETS_PER_SACK = 2;
/** Chromium sends at most four packets for each acknowledgement, however large its window. */
const MAX_PACKETS_PER_SHARED_SACK = 4;
/**
 * A path counts as lossy for this many packets after its start, and after each loss. Every packet is then acknowledged at once. An
 * acknowledgement may be lost too, and senders depend on each one: they declare a chunk lost after three that miss it, end recovery with
 * one, continue with one after a timeout, and grow their window by each.
 */
const LOSS_REMEMBERED_PACKETS = 500;
/**
 * On a lossy path, a window that has grown because a gap was filled is announced by an acknowledgement of its own, this long after the one
 * for the packet that filled it, unless more packets arrive before. If that one was lost, a sender that has had a timeout need not wait
 * for the next, which takes twice as long.
 */
const WINDOW_UPDATE_DELAY_MS = 100;
/** Leaves room for data behind a SACK. */
const MAX_GAP_BLOCKS = 64;

/** `exhausted`: the peer fills the buffer with messages that it never completes. */
export type DataVerdict = 'taken' | 'dropped' | 'exhausted';

export class ChunkReceiver {
  /** When a SACK is due; Infinity if there is nothing to acknowledge. */
  sackAtMs = Number.POSITIVE_INFINITY;
  readonly #tsns: ReceivedTsns;
  readonly #streams: InboundStreams;
  #packetsToAck = 0;
  #packetsSinceLoss = 0;
  /** When the last packet with data arrived. */
  #lastPacketMs = 0;
  /** The bytes that were held when the peer was last told of the window. */
  #toldHeldBytes = 0;

  constructor(initialTsn: number, isInterleaved: boolean, maxMessageBytes: number, listener: InboundListener) {
    this.#tsns = new ReceivedTsns(initialTsn);
    this.#streams = new InboundStreams(isInterleaved, maxMessageBytes, listener);
  }

  get hasGaps(): boolean {
    return this.#tsns.hasGaps;
  }

  /** Whether a SACK must be sent before the next packet is handled. */
  get isSackPressing(): boolean {
    return this.#packetsToAck >= (this.#mayLose ? 1 : MAX_PACKETS_PER_SHARED_SACK);
  }

  /** Whether everything up to this TSN has arrived. */
  hasAllUpTo(tsn: number): boolean {
    return this.#tsns.unwrap(tsn) <= this.#tsns.cumulativeTsn;
  }

  /** Takes a chunk if there is room for it. */
  handleData(nowMs: number, fields: SctpDataFields): DataVerdict {
    const tsn = this.#tsns.unwrap(fields.tsn);
    if (this.#tsns.isDuplicate(tsn)) {
      this.sackAtMs = nowMs;
      return 'taken';
    }
    if (fields.isImmediate) this.sackAtMs = nowMs;
    const isNext = tsn === this.#tsns.cumulativeTsn + 1;
    if (isNext ? this.#exceeds(TOLERANCE) : this.#exceeds(1) || !this.#tsns.hasRoomFor(tsn)) {
      this.sackAtMs = nowMs;
      return isNext ? 'exhausted' : 'dropped';
    }
    this.#tsns.add(tsn);
    this.#streams.add(tsn, fields);
    return 'taken';
  }

  /** Called when a packet with data has been processed completely. */
  handlePacketEnd(nowMs: number): void {
    this.#lastPacketMs = nowMs;
    this.#packetsToAck++;
    this.#packetsSinceLoss = this.#tsns.hasGaps ? 0 : this.#packetsSinceLoss + 1;
    const isDue = this.#mayLose || this.#packetsToAck >= PACKETS_PER_SACK;
    this.sackAtMs = Math.min(this.sackAtMs, isDue ? nowMs : nowMs + SACK_DELAY_MS);
  }

  handleForwardTsn(nowMs: number, forward: SctpForwardTsn): void {
    const tsn = this.#tsns.unwrap(forward.newCumulativeTsn);
    // Even an old FORWARD-TSN is answered, because the previous answer may have been lost.
    this.sackAtMs = nowMs;
    if (tsn <= this.#tsns.cumulativeTsn) return;
    this.#tsns.advanceTo(tsn);
    this.#streams.skip(forward, tsn);
  }

  resetStreams(streamIds: readonly number[]): void {
    this.#streams.reset(streamIds);
  }

  writeSack(packet: OutgoingPacket): void {
    const { cumulativeTsn, duplicates } = this.#tsns;
    const room = packet.room - SACK_HEADER_LENGTH - duplicates.length * SACK_ENTRY_LENGTH;
    const gapBlocks = this.#tsns.gapBlocks(Math.min(MAX_GAP_BLOCKS, Math.floor(room / SACK_ENTRY_LENGTH)));
    const freeBytes = WINDOW_BYTES - this.#heldBytesToTell();
    // Announcing a window smaller than a packet would invite small packets (the silly window syndrome).
    const windowBytes = freeBytes < MAX_PACKET_BYTES ? 0 : freeBytes;
    const sack = { cumulativeTsn: cumulativeTsn >>> 0, windowBytes, gapBlocks, duplicateTsns: duplicates };
    packet.at = writeSack(packet.bytes, packet.at, sack);
    duplicates.length = 0;
    this.#packetsToAck = 0;
    const { heldBytes } = this.#streams;
    this.sackAtMs = this.#toldHeldBytes > heldBytes ? this.#lastPacketMs + WINDOW_UPDATE_DELAY_MS : Number.POSITIVE_INFINITY;
    this.#toldHeldBytes = heldBytes;
  }

  /**
   * How many bytes the announced window counts as held. If this acknowledgement may be lost, what has been delivered since the last one
   * still counts, so that the larger window can be announced later: only for that may a receiver send a second acknowledgement for one
   * packet (RFC 9260 §6.2).
   */
  #heldBytesToTell(): number {
    const { heldBytes } = this.#streams;
    if (!this.#mayLose) this.#toldHeldBytes = heldBytes;
    return Math.max(heldBytes, this.#toldHeldBytes);
  }

  get #mayLose(): boolean {
    return this.#packetsSinceLoss < LOSS_REMEMBERED_PACKETS;
  }

  #exceeds(times: number): boolean {
    return this.#streams.heldBytes >= WINDOW_BYTES * times || this.#streams.heldChunks >= MAX_HELD_CHUNKS * times;
  }
}
