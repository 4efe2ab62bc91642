/**
 * When the messages of a link leave. SCTP refuses what is sent while too much waits in it (`association-limits.ts` in `media`), nobody could be
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
 * Few enough for nodes whose SCTP is that of werift, as it was before ADR 0015: over a round trip of 150 ms it carried 150 to 350 a second with one
 * packet in a hundred lost, 90 with three. A link that is silent is given up after 7 s: until then this and the burst fit into what
 * SCTP lets wait, though nothing leaves.
 */
const CHUNKS_PER_SECOND = 200;
/** So that a queue is let go in strokes and not by a timer for each message. */
const STROKE_MS = 50;
/** All that a full node may have to say of some 20,000 tracks, twice over. */
const MAX_WAITING_BYTES = 64 << 20;

/** Two seconds' worth: whoever asked has given up by then. */
const MAX_WAITING_QUESTION_CHUNKS = 2 * CHUNKS_PER_SECOND;

/**
 * A link is known to be there by its pulses, and others choose their ways by how links are: behind nothing that an app can ask for. Somebody
 * waits for a second for a question: not behind thousands of wants, but clients may ask as often as they like, so what is about wants gets
 * as much of the channel. In what order messages of different lanes come means nothing.
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

/** Only the last one of a want means anything. */
const SUPERSEDED: ReadonlySet<ControlMessage['type']> = new Set<ControlMessage['type']>(['demand', 'track', 'data-channel']);

/** What the pacer has to know of a message. */
export interface PacedMessage {
  readonly type: ControlMessage['type'];
  readonly wantId?: number;
}

interface WaitingMessage {
  /** The same in whatever may take its place. */
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
  /** Chunks of questions that have left before as many of ordinary messages, while both waited. */
  #questionsAhead = 0;
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
   * Writes a message now, or after those that wait already; a newer `demand`, `track` or `data-channel` of a want in the place of the one that waits.
   *
   * @param write called once, unless `clear` or a newer message comes first
   * @returns false if too much waits, or did since `clear`; or if it is a question, or the answer to one, that would come too late
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

  /** The transport is gone, and what waited for it; the next one has an empty queue. */
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
