/**
 * Chunks that were sent and not acknowledged cumulatively, stored as columns of a ring. Nothing is allocated for a chunk, and its TSN
 * determines its place. TSNs are unwrapped here: they grow without limit, and only those on the wire wrap.
 */
import type { OutgoingMessage } from './outgoing-message.ts';

/** The state of a chunk. `acked`: acknowledged in a gap block. `abandoned`: given up, and skipped by FORWARD-TSN. */
export const ChunkState = { inFlight: 1, acked: 2, lost: 3, abandoned: 4 } as const;

type ChunkState = (typeof ChunkState)[keyof typeof ChunkState];

const INITIAL_CAPACITY = 64;
/** More than a 5 MiB window of full packets, and about 300 KB of columns. */
const MAX_CAPACITY = 8_192;

export class OutstandingChunks {
  /** TSN of the oldest chunk. */
  firstTsn: number;
  /** The TSN of the next new chunk. */
  nextTsn: number;
  /** Bytes of the chunks in flight. */
  flightBytes = 0;
  /** Number of lost chunks that have not been retransmitted yet. */
  lostCount = 0;
  /** No chunk below this one is lost. */
  #lowestLostTsn: number;
  #capacity = INITIAL_CAPACITY;
  #messages: (OutgoingMessage | undefined)[] = new Array<OutgoingMessage | undefined>(INITIAL_CAPACITY).fill(undefined);
  #states = new Uint8Array(INITIAL_CAPACITY);
  #offsets = new Uint32Array(INITIAL_CAPACITY);
  #lengths = new Uint16Array(INITIAL_CAPACITY);
  #fragments = new Uint32Array(INITIAL_CAPACITY);
  #transmissions = new Uint16Array(INITIAL_CAPACITY);
  #sentAtMs = new Float64Array(INITIAL_CAPACITY);

  constructor(firstTsn: number) {
    this.firstTsn = firstTsn;
    this.nextTsn = firstTsn;
    this.#lowestLostTsn = firstTsn;
  }

  get size(): number {
    return this.nextTsn - this.firstTsn;
  }

  get isFull(): boolean {
    return this.size >= MAX_CAPACITY;
  }

  /** Adds the next fragment of a message, in flight. @returns its TSN */
  add(nowMs: number, message: OutgoingMessage, lengthBytes: number): number {
    if (this.size === this.#capacity) this.#grow();
    const tsn = this.nextTsn++;
    const place = this.#placeOf(tsn);
    this.#messages[place] = message;
    this.#states[place] = ChunkState.inFlight;
    this.#offsets[place] = message.sentBytes;
    this.#lengths[place] = lengthBytes;
    this.#fragments[place] = message.fragments;
    this.#transmissions[place] = 1;
    this.#sentAtMs[place] = nowMs;
    this.flightBytes += lengthBytes;
    if (message.fragments === 0) message.firstTsn = tsn;
    message.lastTsn = tsn;
    message.fragments++;
    return tsn;
  }

  /** Removes the oldest chunk, which has arrived or was given up. */
  removeFirst(): void {
    this.#setState(this.firstTsn, ChunkState.acked);
    this.#messages[this.#placeOf(this.firstTsn)] = undefined;
    this.firstTsn++;
  }

  markAcked(tsn: number): void {
    this.#setState(tsn, ChunkState.acked);
  }

  markLost(tsn: number): void {
    this.#setState(tsn, ChunkState.lost);
    this.#lowestLostTsn = Math.min(this.#lowestLostTsn, tsn);
  }

  markAbandoned(tsn: number): void {
    this.#setState(tsn, ChunkState.abandoned);
  }

  sendAgain(nowMs: number, tsn: number): void {
    const place = this.#placeOf(tsn);
    this.#setState(tsn, ChunkState.inFlight);
    // The count saturates rather than wrapping to zero.
    this.#transmissions[place] = Math.min(this.#transmissions[place] + 1, 0xffff);
    this.#sentAtMs[place] = nowMs;
  }

  /** The oldest lost chunk. There must be one. */
  firstLost(): number {
    this.#lowestLostTsn = Math.max(this.#lowestLostTsn, this.firstTsn);
    while (this.state(this.#lowestLostTsn) !== ChunkState.lost) this.#lowestLostTsn++;
    return this.#lowestLostTsn;
  }

  message(tsn: number): OutgoingMessage {
    return this.#messages[this.#placeOf(tsn)] as OutgoingMessage;
  }

  state(tsn: number): number {
    return this.#states[this.#placeOf(tsn)];
  }

  /** Whether the chunk was neither acknowledged nor given up. */
  isAwaited(tsn: number): boolean {
    const state = this.state(tsn);
    return state === ChunkState.inFlight || state === ChunkState.lost;
  }

  offset(tsn: number): number {
    return this.#offsets[this.#placeOf(tsn)];
  }

  length(tsn: number): number {
    return this.#lengths[this.#placeOf(tsn)];
  }

  fragment(tsn: number): number {
    return this.#fragments[this.#placeOf(tsn)];
  }

  /** How often the chunk was sent. */
  transmissions(tsn: number): number {
    return this.#transmissions[this.#placeOf(tsn)];
  }

  /** When the chunk was last sent. */
  sentAtMs(tsn: number): number {
    return this.#sentAtMs[this.#placeOf(tsn)];
  }

  #setState(tsn: number, state: ChunkState): void {
    const place = this.#placeOf(tsn);
    const before = this.#states[place];
    if (before === ChunkState.inFlight) this.flightBytes -= this.#lengths[place];
    else if (before === ChunkState.lost) this.lostCount--;
    if (state === ChunkState.inFlight) this.flightBytes += this.#lengths[place];
    else if (state === ChunkState.lost) this.lostCount++;
    this.#states[place] = state;
  }

  #placeOf(tsn: number): number {
    // Also correct above 2^32, since the operator uses the low bits.
    return tsn & (this.#capacity - 1);
  }

  #grow(): void {
    const { firstTsn, nextTsn } = this;
    const before = this.#capacity;
    const after = before * 2;
    const copy = <Column extends { [place: number]: number | OutgoingMessage | undefined }>(from: Column, to: Column): Column => {
      for (let tsn = firstTsn; tsn < nextTsn; tsn++) to[tsn & (after - 1)] = from[tsn & (before - 1)];
      return to;
    };
    this.#messages = copy(this.#messages, new Array<OutgoingMessage | undefined>(after).fill(undefined));
    this.#states = copy(this.#states, new Uint8Array(after));
    this.#offsets = copy(this.#offsets, new Uint32Array(after));
    this.#lengths = copy(this.#lengths, new Uint16Array(after));
    this.#fragments = copy(this.#fragments, new Uint32Array(after));
    this.#transmissions = copy(this.#transmissions, new Uint16Array(after));
    this.#sentAtMs = copy(this.#sentAtMs, new Float64Array(after));
    this.#capacity = after;
  }
}
