import type { IncomingMessage } from 'node:http';

/** Enough for a call with the maximum number of tracks, written token by token. */
const FREE_CHUNKS = 2_000;
const MIN_AVERAGE_BYTES = 128;

const counts = new WeakMap<IncomingMessage, ChunkCount>();

/**
 * Drops the rest of a body once it turns out to consist of tiny chunks. Node's parser calls back for each of them, ten
 * thousand times per read, and continues to the end of its input; dropped chunks cost a third. Call this before any of
 * the body has arrived. The reader must call `isInTinyChunks` after each chunk, because no more will arrive.
 */
export function dropTinyChunks(request: IncomingMessage): void {
  if (request.headers['transfer-encoding'] === undefined || counts.has(request)) return;
  const count = new ChunkCount();
  counts.set(request, count);
  const push = request.push.bind(request);
  request.push = (chunk: Uint8Array | null, encoding?: BufferEncoding) => {
    if (chunk === null) return push(chunk);
    if (count.isTooHigh) return false;
    // The chunk that exceeds the limit is still passed on, so that a waiting reader wakes up.
    count.add(chunk.length, request.socket.bytesRead);
    return push(chunk, encoding);
  };
}

/** Whether the body is divided so finely that the rest of it is dropped. */
export function isInTinyChunks(request: IncomingMessage): boolean {
  return counts.get(request)?.isTooHigh ?? false;
}

class ChunkCount {
  #chunks = 0;
  #contentBytes = 0;
  #bytesRead: number | undefined;

  get isTooHigh(): boolean {
    return this.#chunks > FREE_CHUNKS + this.#contentBytes / MIN_AVERAGE_BYTES;
  }

  /** @param bytesRead bytes read from the socket so far, up to the end of the read that contained the chunk */
  add(sizeBytes: number, bytesRead: number): void {
    // A chunk that is read by itself costs no more than the read, so a slow client may send byte by byte.
    if (bytesRead === this.#bytesRead) this.#chunks++;
    this.#bytesRead = bytesRead;
    this.#contentBytes += sizeBytes;
  }
}
