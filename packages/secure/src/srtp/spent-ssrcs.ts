/**
 * The SSRCs that a link has sent under and must not use again, one bit each. They are assigned in ascending order, so SSRCs used at about
 * the same time are adjacent. Those of the other direction and of unwanted layers leave gaps.
 */

const CHUNK_SSRCS = 4_096;
/** 16 MiB in total. This covers numbers up to 2^27, and the link is reopened before that: `LAST_SSRC` in sfu/relay/links/leg-numbers.ts. */
const MAX_CHUNKS = 32_768;

export class SpentSsrcs {
  readonly #chunks = new Map<number, Uint32Array>();

  add(ssrc: number): void {
    const chunkNo = Math.floor(ssrc / CHUNK_SSRCS);
    const chunk = this.#chunks.get(chunkNo) ?? this.#addChunk(chunkNo);
    const bit = ssrc % CHUNK_SSRCS;
    if (chunk !== undefined) chunk[bit >>> 5] |= 1 << (bit & 31);
  }

  /** Whether the SSRC was used. If there is no room left, whether it may have been. */
  has(ssrc: number): boolean {
    const chunk = this.#chunks.get(Math.floor(ssrc / CHUNK_SSRCS));
    const bit = ssrc % CHUNK_SSRCS;
    return chunk === undefined ? this.#chunks.size >= MAX_CHUNKS : (chunk[bit >>> 5] & (1 << (bit & 31))) !== 0;
  }

  clear(): void {
    this.#chunks.clear();
  }

  #addChunk(chunkNo: number): Uint32Array | undefined {
    if (this.#chunks.size >= MAX_CHUNKS) return undefined;
    const chunk = new Uint32Array(CHUNK_SSRCS / 32);
    this.#chunks.set(chunkNo, chunk);
    return chunk;
  }
}
