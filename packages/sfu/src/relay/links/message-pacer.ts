/**
 * When the messages of a link leave. SCTP throws away what is sent while too much waits in it (`MAX_QUEUED_CHUNKS` in `secure`), nobody could be
 * told in another thread, and a lost message ends the link: so more than it surely has room for waits here. A link that comes up
 * between large nodes has thousands of tracks to ask for in one turn.
 */
import type { CancelTimer, Clock } from '../../clock.ts';
import type { ControlMessage } from './control-messages.ts';

/** What a data chunk of SCTP has room for in a datagram; a message takes whole ones. */
const CHUNK_BYTES = 1_150;
/** A quarter of what SCTP lets wait; hundreds of tracks, so that links wait for nothing in ordinary operation. */
const BURST_CHUNKS = 1_000;
/**
 * Over a round trip of 150 ms SCTP was measured to carry more than 500 with one packet in a thousand lost, 150 to 350 with one in a hundred, 90 with
 * three: there some 3,000 video tracks are the most that can be asked for before too much waits. A link that is silent is given up after 7 s:
 * until then this and the burst fit into what SCTP lets wait, though nothing leaves.
 */
const CHUNKS_PER_SECOND = 200;
/** So that a queue is let go in strokes and not by a timer for each message. */
const STROKE_MS = 50;
/** All that a full node may have to say of some 20,000 tracks, twice over. */
const MAX_WAITING_BYTES = 64 << 20;

/**
 * What others choose their ways by, and questions that somebody waits for a second for: not behind thousands of wants. In what order they come
 * with messages about wants and names means nothing.
 */
const URGENT: ReadonlySet<ControlMessage['type']> = new Set<ControlMessage['type']>([
  'hello',
  'incompatible',
  'pulse',
  'link-state',
  'locate',
  'located',
  'ask-path',
  'path-told',
]);

interface WaitingMessage {
  readonly sizeBytes: number;
  readonly chunks: number;
  readonly write: () => void;
}

export class MessagePacer {
  readonly #clock: Clock;
  readonly #urgent: WaitingMessage[] = [];
  readonly #ordinary: WaitingMessage[] = [];
  #waitingBytes = 0;
  #hasOverflowed = false;
  /** Chunks that may leave at once. */
  #allowance = BURST_CHUNKS;
  #refilledAtMs: number;
  #cancelTimer: CancelTimer | undefined = undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#refilledAtMs = clock.nowMs();
  }

  /** A message was refused: the two ends no longer know the same. */
  get hasOverflowed(): boolean {
    return this.#hasOverflowed;
  }

  /**
   * Writes a message now, or after those that wait already.
   *
   * @param write called once, unless `clear` comes first
   * @returns false if too much waits, or did since `clear`
   */
  push(type: ControlMessage['type'], sizeBytes: number, write: () => void): boolean {
    if (this.#waitingBytes + sizeBytes > MAX_WAITING_BYTES) this.#hasOverflowed = true;
    if (this.#hasOverflowed) return false;
    (URGENT.has(type) ? this.#urgent : this.#ordinary).push({ sizeBytes, chunks: Math.ceil(sizeBytes / CHUNK_BYTES), write });
    this.#waitingBytes += sizeBytes;
    if (this.#cancelTimer === undefined) this.#release();
    return true;
  }

  /** The transport is gone, and what waited for it; the next one has an empty queue. */
  clear(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#urgent.length = 0;
    this.#ordinary.length = 0;
    this.#waitingBytes = 0;
    this.#hasOverflowed = false;
    this.#allowance = BURST_CHUNKS;
  }

  #release(): void {
    this.#refill();
    for (let lane = this.#nextLane(); lane !== undefined; lane = this.#nextLane()) {
      const message = lane[0];
      if (message === undefined || message.chunks > this.#allowance) break;
      lane.shift();
      this.#allowance -= message.chunks;
      this.#waitingBytes -= message.sizeBytes;
      message.write();
    }
    if (this.#nextLane() === undefined) return;
    this.#cancelTimer = this.#clock.schedule(STROKE_MS, () => {
      this.#cancelTimer = undefined;
      this.#release();
    });
  }

  #nextLane(): WaitingMessage[] | undefined {
    if (this.#urgent.length > 0) return this.#urgent;
    return this.#ordinary.length > 0 ? this.#ordinary : undefined;
  }

  #refill(): void {
    const nowMs = this.#clock.nowMs();
    this.#allowance = Math.min(BURST_CHUNKS, this.#allowance + ((nowMs - this.#refilledAtMs) * CHUNKS_PER_SECOND) / 1000);
    this.#refilledAtMs = nowMs;
  }
}
