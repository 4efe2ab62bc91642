/**
 * The receiving half of an association: which chunks are taken, and when they are acknowledged.
 *
 * @see RFC 9260 §6.2, RFC 7053, RFC 3758 §3.6
 */
import { SACK_ENTRY_LENGTH, SACK_HEADER_LENGTH, type SctpDataFields, type SctpForwardTsn, writeSack } from '@causeway/wire';
import { type InboundListener, InboundStreams } from './inbound-streams.ts';
import { MAX_PACKET_BYTES, type OutgoingPacket } from './outgoing-packet.ts';
import { ReceivedTsns } from './received-tsns.ts';

/** The window we give: 5 MiB, as browsers do. All of it is used only while a lost chunk holds up what follows. */
export const WINDOW_BYTES = 5 << 20;
/** A window of full packets has 4,500; more are smaller ones, which cost memory beside their bytes. */
const MAX_HELD_CHUNKS = 8_192;
/** What fills the first gap is taken even above the bounds, or nothing would ever be delivered. At this multiple of them it ends. */
const TOLERANCE = 2;
const SACK_DELAY_MS = 200;
const PACKETS_PER_SACK = 2;
/** Chromium sends no more than four packets for each acknowledgement, however much its window allows. */
const MAX_PACKETS_PER_SHARED_SACK = 4;
/**
 * A path that has lost a packet, or is new, is taken for a lossy one for so many more. On such a path each packet gets an acknowledgement of
 * its own, at once: one may be lost as well, and senders take a chunk for lost when three of them have missed it, end their recovery with one,
 * go on with one after a timeout, and grow their window by each.
 */
const LOSS_REMEMBERED_PACKETS = 500;
/** So that a SACK leaves room for data. */
const MAX_GAP_BLOCKS = 64;

/** `exhausted`: the peer fills our memory with what it never completes. */
export type DataVerdict = 'taken' | 'dropped' | 'exhausted';

export class ChunkReceiver {
  /** When a SACK is due; Infinity while nothing waits for one. */
  sackAtMs = Number.POSITIVE_INFINITY;
  readonly #tsns: ReceivedTsns;
  readonly #streams: InboundStreams;
  #packetsToAck = 0;
  #packetsSinceLoss = 0;

  constructor(initialTsn: number, isInterleaved: boolean, maxMessageBytes: number, listener: InboundListener) {
    this.#tsns = new ReceivedTsns(initialTsn);
    this.#streams = new InboundStreams(isInterleaved, maxMessageBytes, listener);
  }

  get hasGaps(): boolean {
    return this.#tsns.hasGaps;
  }

  /** Whether a SACK must not wait for what else has come at the same time. */
  get isSackPressing(): boolean {
    return this.#packetsToAck >= (this.#mayLose ? 1 : MAX_PACKETS_PER_SHARED_SACK);
  }

  /** Whether everything up to this TSN has arrived. */
  hasAllUpTo(tsn: number): boolean {
    return this.#tsns.unwrap(tsn) <= this.#tsns.cumulativeTsn;
  }

  /** Takes a chunk, if there is room for it. */
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

  /** A packet with data has been read to its end. */
  handlePacketEnd(nowMs: number): void {
    this.#packetsToAck++;
    this.#packetsSinceLoss = this.#tsns.hasGaps ? 0 : this.#packetsSinceLoss + 1;
    const isDue = this.#mayLose || this.#packetsToAck >= PACKETS_PER_SACK;
    this.sackAtMs = Math.min(this.sackAtMs, isDue ? nowMs : nowMs + SACK_DELAY_MS);
  }

  handleForwardTsn(nowMs: number, forward: SctpForwardTsn): void {
    const tsn = this.#tsns.unwrap(forward.newCumulativeTsn);
    // Even one that is late is answered: the answer before may be what was lost.
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
    const freeBytes = WINDOW_BYTES - this.#streams.heldBytes;
    // A window that is smaller than a packet invites small packets.
    const windowBytes = freeBytes < MAX_PACKET_BYTES ? 0 : freeBytes;
    const sack = { cumulativeTsn: cumulativeTsn >>> 0, windowBytes, gapBlocks, duplicateTsns: duplicates };
    packet.at = writeSack(packet.bytes, packet.at, sack);
    duplicates.length = 0;
    this.#packetsToAck = 0;
    this.sackAtMs = Number.POSITIVE_INFINITY;
  }

  get #mayLose(): boolean {
    return this.#packetsSinceLoss < LOSS_REMEMBERED_PACKETS;
  }

  #exceeds(times: number): boolean {
    return this.#streams.heldBytes >= WINDOW_BYTES * times || this.#streams.heldChunks >= MAX_HELD_CHUNKS * times;
  }
}
