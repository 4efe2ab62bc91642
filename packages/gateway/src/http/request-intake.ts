/**
 * Feeds Node's HTTP parser one request at a time, for a fraction of a millisecond per event loop turn, so that packets
 * are handled between turns however many requests arrive at once. Node itself reads 64 KiB from a connection and
 * handles the hundreds of requests in it in one go. Client addresses take turns, and so do the connections of each.
 *
 * A connection's next request is parsed once the previous one has its reply (RFC 9112 §9.3.2 lets a server process
 * pipelined requests in sequence). Otherwise replies queue behind a slow one: the data of those requests then outlives
 * the young generation, and collecting it stops the thread for 15 ms and more.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { clientKeyOf } from '../limits/client-address.ts';
import { FairQueue } from './fair-queue.ts';

/**
 * The limit per turn as well. It contains fewer than three thousand of the smallest chunks, which take a few
 * milliseconds. With slices of 4 KiB, large bodies would cost half as much again.
 */
const SLICE_BYTES = 16 * 1024;
const SLICES_PER_TURN = 2;
/**
 * No further slice is started after this time. Refusing a request takes about a tenth of a millisecond, carrying one
 * out half a millisecond.
 */
const TURN_BUDGET_MS = 0.25;
const END_OF_HEAD = '\r\n\r\n';
/** The shortest request, `GET / HTTP/1.1` with the end of its head. Smaller slices would cut a body of empty lines into tiny chunks. */
const MIN_SLICE_BYTES = 18;
/** Bytes read from all connections that wait. Above this, a read is handled at once and whole, or its connection is closed. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
const OTHERS = '';

/** A connection, with the data read from it that waits. */
interface Reader {
  readonly owner: string;
  readonly socket: Socket;
  readonly push: Socket['push'];
  readonly waiting: Buffer[];
  /** The request that was parsed last. */
  latest: IncomingMessage | undefined;
  /** The number of parsed requests whose replies have not been sent. */
  unanswered: number;
  isInLine: boolean;
  hasEnded: boolean;
}

export class RequestIntake {
  readonly #nextTurn: (callback: () => void) => void;
  readonly #now: () => number;
  readonly #readers = new Map<Socket, Reader>();
  readonly #line = new FairQueue<Reader>();
  #waitingBytes = 0;
  #isTurnTaken = false;
  #turnStartedMs: number | undefined;
  #turnBytes = 0;
  #connectionsClosed = 0;

  /**
   * @param nextTurn calls back in a later turn of the event loop, after the input that arrived before it has been
   * handled, and after the microtasks of the previous callback
   * @param now monotonic time in milliseconds
   */
  constructor(nextTurn: (callback: () => void) => void = setImmediate, now: () => number = () => performance.now()) {
    this.#nextTurn = nextTurn;
    this.#now = now;
  }

  /**
   * The number of connections closed because their requests arrived faster than replies, and the memory for waiting
   * requests was exhausted.
   */
  get connectionsClosed(): number {
    return this.#connectionsClosed;
  }

  /** Passes data read from a connection to Node's HTTP parser in turns. Call it before anything is read. */
  add(socket: Socket): void {
    const owner = clientKeyOf(socket.remoteAddress ?? '') ?? OTHERS;
    const push = socket.push.bind(socket);
    const reader: Reader = { owner, socket, push, waiting: [], latest: undefined, unanswered: 0, isInLine: false, hasEnded: false };
    this.#readers.set(socket, reader);
    socket.push = (data: Buffer | null) => this.#receive(reader, data);
    const read = socket._read.bind(socket);
    // The parser has consumed a slice and asks for more. While more data waits here, nothing must be read from the
    // system.
    socket._read = (sizeBytes) => {
      if (reader.waiting.length === 0) read(sizeBytes);
    };
    // Without another listener, the parser would read from the system directly and bypass `push`.
    socket.on('data', () => undefined);
    socket.once('close', () => this.#forget(reader));
  }

  /** Holds back later requests of the connection until this one is answered. Call it when a request has been parsed. */
  noteRequest(request: IncomingMessage, response: ServerResponse): void {
    const reader = this.#readers.get(request.socket);
    if (reader === undefined) return;
    reader.latest = request;
    reader.unanswered++;
    response.once('close', () => {
      reader.unanswered--;
      if (reader.unanswered === 0) reader.latest = undefined;
      this.#queue(reader);
    });
  }

  /** @returns false if nothing more should be read for now */
  #receive(reader: Reader, data: Buffer | null): boolean {
    if (data === null) return this.#end(reader);
    reader.waiting.push(data);
    this.#waitingBytes += data.length;
    if (this.#waitingBytes > MAX_WAITING_BYTES) return this.#makeRoom(reader);
    if (this.#isTurnTaken || !mayContinue(reader)) {
      this.#queue(reader);
      return false;
    }
    this.#takeTurn();
    return this.#handleSlice(reader);
  }

  #end(reader: Reader): boolean {
    reader.hasEnded = true;
    return reader.waiting.length === 0 && reader.push(null);
  }

  #queue(reader: Reader): void {
    if (reader.isInLine || reader.waiting.length === 0 || !mayContinue(reader)) return;
    reader.isInLine = true;
    this.#line.add(reader.owner, reader);
    if (!this.#isTurnTaken) this.#takeTurn();
  }

  /** @returns whether the connection may be read from */
  #handleSlice(reader: Reader): boolean {
    const slice = takeSlice(reader.waiting);
    if (slice === undefined) return false;
    this.#waitingBytes -= slice.length;
    this.#turnBytes += slice.length;
    const isMoreWanted = reader.push(slice);
    this.#queue(reader);
    if (reader.waiting.length > 0) return false;
    return reader.hasEnded ? reader.push(null) : isMoreWanted;
  }

  /** @returns whether the connection may be read from */
  #makeRoom(reader: Reader): boolean {
    if (!mayContinue(reader)) {
      this.#connectionsClosed++;
      reader.socket.destroy();
      return false;
    }
    let isMoreWanted = false;
    for (const data of reader.waiting.splice(0)) {
      this.#waitingBytes -= data.length;
      isMoreWanted = reader.push(data);
    }
    return isMoreWanted;
  }

  /** Each slice has its own callback, so that the microtasks of its request have run, and their time is counted, before the next slice. */
  #takeTurn(): void {
    this.#isTurnTaken = true;
    this.#turnStartedMs = undefined;
    this.#turnBytes = 0;
    for (let rest = SLICES_PER_TURN; rest > 1; rest--) this.#nextTurn(() => this.#handleNext());
    this.#nextTurn(() => this.#endTurn());
  }

  #endTurn(): void {
    this.#handleNext();
    this.#isTurnTaken = false;
    if (!this.#line.isEmpty) this.#takeTurn();
  }

  #handleNext(): void {
    const nowMs = this.#now();
    this.#turnStartedMs ??= nowMs;
    if (nowMs - this.#turnStartedMs >= TURN_BUDGET_MS || this.#turnBytes >= SLICE_BYTES) return;
    const reader = this.#line.take();
    if (reader === undefined) return;
    reader.isInLine = false;
    if (mayContinue(reader)) this.#handleSlice(reader);
  }

  /** Forgets a connection; its place in the queue is skipped when its turn comes. */
  #forget(reader: Reader): void {
    this.#readers.delete(reader.socket);
    for (const data of reader.waiting.splice(0)) this.#waitingBytes -= data.length;
  }
}

/** A second request may be parsed together with the end of the first one's body, since that end is not known; a third may not. */
function mayContinue({ latest, unanswered }: Reader): boolean {
  return unanswered === 0 || (unanswered === 1 && latest?.complete === false);
}

/** Takes the data to handle at once: up to the end of a head, so that it rarely contains two requests. */
function takeSlice(waiting: Buffer[]): Buffer | undefined {
  const data = waiting.shift();
  if (data === undefined) return undefined;
  const longest = data.subarray(0, SLICE_BYTES);
  const end = longest.indexOf(END_OF_HEAD, MIN_SLICE_BYTES - END_OF_HEAD.length);
  const slice = end < 0 ? longest : longest.subarray(0, end + END_OF_HEAD.length);
  if (slice.length < data.length) waiting.unshift(data.subarray(slice.length));
  return slice;
}
