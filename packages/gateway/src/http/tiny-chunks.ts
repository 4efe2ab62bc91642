import type { IncomingMessage } from 'node:http';

/** Room for a call with as many tracks as it may have, written token by token. */
const FREE_CHUNKS = 2_000;
const MIN_AVERAGE_BYTES = 128;

const counts = new WeakMap<IncomingMessage, ChunkCount>();

/**
 * Has the rest of a body dropped once it turns out to come in chunks of next to nothing. Node's parser calls back for each of them,
 * ten thousand times for what it reads at once, and goes on to the end of what it was given; what is dropped costs it a third. To be
 * called before anything of the body has come. The reader must call `isInTinyChunks` after each chunk, because no more will come.
 */
export function dropTinyChunks(request: IncomingMessage): void {
  if (request.headers['transfer-encoding'] === undefined || counts.has(request)) return;
  const count = new ChunkCount();
  counts.set(request, count);
  const push = request.push.bind(request);
  request.push = (chunk: Uint8Array | null, encoding?: BufferEncoding) => {
    if (chunk === null) return push(chunk);
    if (count.isTooHigh) return false;
    // The one that is too many is passed on, so that who waits for it wakes up.
    count.add(chunk.length, request.socket.bytesRead);
    return push(chunk, encoding);
  };
}

/** Whether the body is cut so small that no more of it will come. */
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

  /** @param bytesRead from the socket so far, up to the end of the read that the chunk was in */
  add(sizeBytes: number, bytesRead: number): void {
    // What is read by itself costs no more than the read: who sends slowly may send byte by byte.
    if (bytesRead === this.#bytesRead) this.#chunks++;
    this.#bytesRead = bytesRead;
    this.#contentBytes += sizeBytes;
  }
}
