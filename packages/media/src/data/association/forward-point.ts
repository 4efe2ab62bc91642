/**
 * How far the receiver is to go on without what was given up: the advanced peer ack point.
 *
 * @see RFC 3758 §3.5, RFC 8260 §2.3
 */
import { type SkippedMessages, writeForwardTsn, writeIForwardTsn } from '@causeway/wire';
import type { OutgoingPacket } from './outgoing-packet.ts';
import { ChunkState, type OutstandingChunks } from './outstanding-chunks.ts';

/** So that the chunk fits a packet with others, whichever form it has. */
const MAX_SKIPPED = 100;
const MAX_CHUNK_BYTES = 8 + 8 * MAX_SKIPPED;

export class ForwardPoint {
  readonly #chunks: OutstandingChunks;
  readonly #isInterleaved: boolean;
  #point: number;
  #isDue = false;
  #sentAtMs = Number.NEGATIVE_INFINITY;

  constructor(chunks: OutstandingChunks, isInterleaved: boolean) {
    this.#chunks = chunks;
    this.#isInterleaved = isInterleaved;
    this.#point = chunks.firstTsn - 1;
  }

  /** There is a point to tell. */
  get isDue(): boolean {
    return this.#isDue && this.#point >= this.#chunks.firstTsn;
  }

  /** Moves over what is given up at the front of the outstanding chunks; what lies between and has arrived does not stop it. */
  advance(): void {
    const chunks = this.#chunks;
    let tsn = Math.max(this.#point + 1, chunks.firstTsn);
    for (; tsn < chunks.nextTsn; tsn++) {
      const state = chunks.state(tsn);
      if (state === ChunkState.abandoned) {
        this.#point = tsn;
        this.#isDue = true;
      } else if (state !== ChunkState.acked) {
        return;
      }
    }
  }

  /** A SACK came that does not know the point yet: it is told again, if it should have arrived. */
  noteSack(nowMs: number, roundTripMs: number): void {
    if (this.#point >= this.#chunks.firstTsn && nowMs - this.#sentAtMs > roundTripMs) this.#isDue = true;
  }

  repeat(): void {
    this.#isDue = true;
  }

  /** @returns false if it must wait for a packet with more room */
  write(nowMs: number, packet: OutgoingPacket): boolean {
    if (packet.room < MAX_CHUNK_BYTES) return false;
    this.#isDue = false;
    this.#sentAtMs = nowMs;
    const { point, skipped } = this.#listSkipped();
    const write = this.#isInterleaved ? writeIForwardTsn : writeForwardTsn;
    packet.at = write(packet.bytes, packet.at, { newCumulativeTsn: point >>> 0, skipped });
    return true;
  }

  #listSkipped(): { readonly point: number; readonly skipped: readonly SkippedMessages[] } {
    const chunks = this.#chunks;
    const skipped = new Map<string, SkippedMessages>();
    for (let tsn = chunks.firstTsn; tsn <= this.#point; tsn++) {
      const message = chunks.message(tsn);
      const { streamId, isUnordered, messageNumber } = message;
      // Messages that have arrived are not skipped, and unordered DATA has no numbers to name it by.
      if (chunks.state(tsn) !== ChunkState.abandoned || (isUnordered && !this.#isInterleaved)) continue;
      const key = `${streamId} ${isUnordered}`;
      // The rest is told with the next one.
      if (!skipped.has(key) && skipped.size === MAX_SKIPPED) return { point: tsn - 1, skipped: [...skipped.values()] };
      // TSNs ascend, and so do the numbers of a stream.
      skipped.set(key, { streamId, isUnordered, messageNumber });
    }
    return { point: this.#point, skipped: [...skipped.values()] };
  }
}
