/**
 * What comes in over HTTP, in portions of a millisecond, one in a turn of the event loop: packets are handled between any two, however
 * many requests have come at once. Node would read 64 KiB from each connection, and handle the hundreds of requests in it in one go.
 * Client addresses take turns, and so do the connections of each.
 */
import type { Socket } from 'node:net';
import { clientKeyOf } from '../limits/client-key.ts';
import { FairQueue } from './fair-queue.ts';

/** Under three thousand of the smallest chunks: a few milliseconds. In slices of 4 KiB large bodies cost half as much again. */
const SLICE_BYTES = 16 * 1024;
/** To refuse one takes a tenth of a millisecond. */
const MAX_REQUESTS_IN_SLICE = 8;
const END_OF_HEAD = '\r\n\r\n';
/** What has been read and waits for its turn, of all connections; beyond, a read is handled at once and whole. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
const OTHERS = '';

/** One connection, with what was read from it and waits. */
interface Reader {
  readonly owner: string;
  readonly socket: Socket;
  readonly push: Socket['push'];
  readonly slices: Buffer[];
  hasEnded: boolean;
}

export class RequestIntake {
  readonly #nextTurn: (callback: () => void) => void;
  readonly #readers = new FairQueue<Reader>();
  #waitingBytes = 0;
  #isTurnTaken = false;

  /** @param nextTurn calls back in a later turn of the event loop, after what has come in until then was handled */
  constructor(nextTurn: (callback: () => void) => void = setImmediate) {
    this.#nextTurn = nextTurn;
  }

  /** Has Node's HTTP parser take what is read from a connection in turn. To be called before anything is read. */
  add(socket: Socket): void {
    const owner = clientKeyOf(socket.remoteAddress ?? '') ?? OTHERS;
    const reader: Reader = { owner, socket, push: socket.push.bind(socket), slices: [], hasEnded: false };
    socket.push = (data: Buffer | null) => this.#receive(reader, data);
    const read = socket._read.bind(socket);
    // Whoever has taken a slice wants more: there is more, and it must not be read from the system yet.
    socket._read = (sizeBytes) => {
      if (reader.slices.length === 0) read(sizeBytes);
    };
    // The parser takes what is read from the system itself, past `push`, until somebody else listens.
    socket.on('data', () => undefined);
    socket.once('close', () => this.#forget(reader));
  }

  /** @returns false if no more should be read for now */
  #receive(reader: Reader, data: Buffer | null): boolean {
    if (data === null) return this.#end(reader);
    const isFirst = reader.slices.length === 0;
    for (let rest = data; rest.length > 0; ) {
      const sizeBytes = sliceSize(rest);
      reader.slices.push(rest.subarray(0, sizeBytes));
      rest = rest.subarray(sizeBytes);
    }
    this.#waitingBytes += data.length;
    if (this.#waitingBytes > MAX_WAITING_BYTES) return this.#handleAll(reader);
    if (this.#isTurnTaken) {
      if (isFirst) this.#readers.add(reader.owner, reader);
      return false;
    }
    this.#takeTurn();
    return this.#handleOne(reader);
  }

  #end(reader: Reader): boolean {
    reader.hasEnded = true;
    return reader.slices.length === 0 && reader.push(null);
  }

  /** @returns whether the connection may be read from */
  #handleOne(reader: Reader): boolean {
    const slice = reader.slices.shift();
    if (slice === undefined) return false;
    this.#waitingBytes -= slice.length;
    if (reader.slices.length > 0) this.#readers.add(reader.owner, reader);
    const isMoreWanted = reader.push(slice);
    if (reader.slices.length > 0) return false;
    return reader.hasEnded ? reader.push(null) : isMoreWanted;
  }

  #handleAll(reader: Reader): boolean {
    let isMoreWanted = false;
    while (reader.slices.length > 0) {
      const slice = reader.slices.shift();
      if (slice === undefined) break;
      this.#waitingBytes -= slice.length;
      isMoreWanted = reader.push(slice);
    }
    return isMoreWanted;
  }

  #takeTurn(): void {
    this.#isTurnTaken = true;
    this.#nextTurn(() => this.#endTurn());
  }

  #endTurn(): void {
    this.#isTurnTaken = false;
    const reader = this.#readers.take();
    if (reader === undefined) return;
    this.#takeTurn();
    this.#handleOne(reader);
  }

  /** Its place in the queue is passed over when its turn comes. */
  #forget(reader: Reader): void {
    for (const slice of reader.slices.splice(0)) this.#waitingBytes -= slice.length;
  }
}

/** How much of what was read is handled at once. */
function sliceSize(data: Buffer): number {
  const slice = data.subarray(0, SLICE_BYTES);
  let size = 0;
  for (let requests = 0; requests < MAX_REQUESTS_IN_SLICE; requests++) {
    const end = slice.indexOf(END_OF_HEAD, size);
    if (end < 0) return slice.length;
    size = end + END_OF_HEAD.length;
  }
  return size;
}
