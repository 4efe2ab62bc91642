/**
 * Decides when the messages of a link are sent. SCTP refuses messages while too much is queued in it
 * (`association-limits.ts` in `media`), that refusal cannot be reported across threads, and a lost message ends the
 * link. So messages beyond what surely fits wait here. When a link between large nodes comes up, thousands of tracks
 * are requested in one turn.
 */
import type { CancelTimer, Clock } from '../../clock.ts';
import type { ControlMessage } from './control-messages.ts';

/** The room for an SCTP data chunk in a datagram; a message uses whole chunks. */
const CHUNK_BYTES = 1_150;
/** A quarter of what SCTP queues; enough for hundreds of tracks, so that messages do not wait in normal operation. */
const BURST_CHUNKS = 1_000;
/**
 * Low enough for nodes that still use werift's SCTP, as before ADR 0015: at a round trip of 150 ms it carried 150 to
 * 350 chunks a second with 1% loss, and 90 with 3%. A silent link is given up after 7 s; until then, this rate and the
 * burst fit into SCTP's queue even if nothing leaves.
 */
const CHUNKS_PER_SECOND = 200;
/** A queue is released in batches, not by a timer for each message. */
const STROKE_MS = 50;
/** Twice what a full node needs to announce 20,000 tracks. */
const MAX_WAITING_BYTES = 64 << 20;

/** Two seconds' worth; later answers would find no caller. */
const MAX_WAITING_QUESTION_CHUNKS = 2 * CHUNKS_PER_SECOND;

/**
 * Pulses show that a link is alive, and other nodes choose routes by link states, so these never wait behind requests
 * of apps. A client waits at most a second for the answer to a question, so questions do not wait behind thousands of
 * wants. Clients may ask as often as they like, though, so wants get an equal share of the channel. Messages of
 * different lanes may overtake each other.
 */
const LANES: Readonly<Partial<Record<ControlMessage['type'], 'link' | 'question'>>> = {
  hello: 'link',
  incompatible: 'link',
  pulse: 'link',
  'link-state': 'link',
  'links-changed': 'link',
  'link-states-known': 'link',
  locate: 'question',
  located: 'question',
  'locate-data': 'question',
  'data-located': 'question',
  'ask-path': 'question',
  'path-told': 'question',
};

/** Types of which only the newest message of a want matters. */
const SUPERSEDED: ReadonlySet<ControlMessage['type']> = new Set<ControlMessage['type']>(['demand', 'track', 'data-channel']);

/** The properties of a message that the pacer needs. */
export interface PacedMessage {
  readonly type: ControlMessage['type'];
  readonly wantId?: number;
}

interface WaitingMessage {
  /** Equal for messages that replace each other. */
  readonly key: string | undefined;
  sizeBytes: number;
  chunks: number;
  write: () => void;
}

export class MessagePacer {
  readonly #clock: Clock;
  readonly #link: WaitingMessage[] = [];
  readonly #questions: WaitingMessage[] = [];
  readonly #ordinary: WaitingMessage[] = [];
  readonly #replaceable = new Map<string, WaitingMessage>();
  #waitingBytes = 0;
  #waitingQuestionChunks = 0;
  /** Chunks of questions sent before the same amount of ordinary messages, while both waited. */
  #questionsAhead = 0;
  #hasOverflowed = false;
  /** The number of chunks that may be sent at once. */
  #allowance = BURST_CHUNKS;
  #refilledAtMs: number;
  #cancelTimer: CancelTimer | undefined = undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#refilledAtMs = clock.nowMs();
  }

  /** Whether a message was refused, so that the two ends no longer have the same state. */
  get hasOverflowed(): boolean {
    return this.#hasOverflowed;
  }

  /**
   * Sends a message now, or after those already waiting. A newer `demand`, `track` or `data-channel` of a want replaces
   * the waiting one.
   *
   * @param write called once, unless `clear` or a newer message precedes it
   * @returns false if too much waits, or has since `clear`; or if it is a question or answer that would arrive too late
   */
  push(message: PacedMessage, sizeBytes: number, write: () => void): boolean {
    const chunks = Math.ceil(sizeBytes / CHUNK_BYTES);
    const isQuestion = LANES[message.type] === 'question';
    if (isQuestion && this.#waitingQuestionChunks + chunks > MAX_WAITING_QUESTION_CHUNKS) return false;
    const key = SUPERSEDED.has(message.type) ? `${message.type} ${message.wantId}` : undefined;
    const former = key === undefined ? undefined : this.#replaceable.get(key);
    const addedBytes = sizeBytes - (former?.sizeBytes ?? 0);
    if (this.#waitingBytes + addedBytes > MAX_WAITING_BYTES) this.#hasOverflowed = true;
    if (this.#hasOverflowed) return false;
    this.#waitingBytes += addedBytes;
    if (former === undefined) this.#append(message, { key, sizeBytes, chunks, write });
    else Object.assign(former, { sizeBytes, chunks, write });
    if (this.#cancelTimer === undefined) this.#release();
    return true;
  }

  /** Drops the waiting messages, because their transport is gone; the next one starts with an empty queue. */
  clear(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    for (const lane of [this.#link, this.#questions, this.#ordinary]) lane.length = 0;
    this.#replaceable.clear();
    this.#waitingBytes = 0;
    this.#waitingQuestionChunks = 0;
    this.#questionsAhead = 0;
    this.#hasOverflowed = false;
    this.#allowance = BURST_CHUNKS;
  }

  #append({ type }: PacedMessage, waiting: WaitingMessage): void {
    const lane = this.#laneOf(type);
    lane.push(waiting);
    if (lane === this.#questions) this.#waitingQuestionChunks += waiting.chunks;
    if (waiting.key !== undefined) this.#replaceable.set(waiting.key, waiting);
  }

  #laneOf(type: ControlMessage['type']): WaitingMessage[] {
    const lane = LANES[type];
    if (lane === undefined) return this.#ordinary;
    return lane === 'link' ? this.#link : this.#questions;
  }

  #release(): void {
    this.#refill();
    for (let lane = this.#nextLane(); lane !== undefined; lane = this.#nextLane()) {
      const message = lane[0];
      if (message === undefined || message.chunks > this.#allowance) break;
      lane.shift();
      this.#noteGone(lane, message);
      message.write();
    }
    if (this.#nextLane() === undefined) return;
    this.#cancelTimer = this.#clock.schedule(STROKE_MS, () => {
      this.#cancelTimer = undefined;
      this.#release();
    });
  }

  #noteGone(lane: WaitingMessage[], { key, sizeBytes, chunks }: WaitingMessage): void {
    this.#allowance -= chunks;
    this.#waitingBytes -= sizeBytes;
    if (key !== undefined) this.#replaceable.delete(key);
    if (lane === this.#questions) this.#waitingQuestionChunks -= chunks;
    if (this.#questions.length === 0 || this.#ordinary.length === 0) this.#questionsAhead = 0;
    else if (lane !== this.#link) this.#questionsAhead += lane === this.#questions ? chunks : -chunks;
  }

  #nextLane(): WaitingMessage[] | undefined {
    if (this.#link.length > 0) return this.#link;
    if (this.#questions.length > 0 && (this.#questionsAhead <= 0 || this.#ordinary.length === 0)) return this.#questions;
    return this.#ordinary.length > 0 ? this.#ordinary : undefined;
  }

  #refill(): void {
    const nowMs = this.#clock.nowMs();
    this.#allowance = Math.min(BURST_CHUNKS, this.#allowance + ((nowMs - this.#refilledAtMs) * CHUNKS_PER_SECOND) / 1000);
    this.#refilledAtMs = nowMs;
  }
}
