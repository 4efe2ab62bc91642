/**
 * Tells the receiver how far it may skip chunks that were given up: the advanced peer ack point.
 *
 * @see RFC 3758 §3.5, RFC 8260 §2.3
 */
import { type SkippedMessages, writeForwardTsn, writeIForwardTsn } from '@causeway/wire';
import type { OutgoingPacket } from './outgoing-packet.ts';
import { ChunkState, type OutstandingChunks } from './outstanding-chunks.ts';

/** Keeps the chunk small enough for a packet with others, in either form. */
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

  /** Whether a FORWARD-TSN should be sent. */
  get isDue(): boolean {
    return this.#isDue && this.#point >= this.#chunks.firstTsn;
  }

  /** Advances over chunks at the front that were given up. Chunks in between that have arrived do not stop it. */
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

  /** Handles a SACK that does not reflect the point yet. The point is sent again if the previous FORWARD-TSN should have arrived by now. */
  noteSack(nowMs: number, roundTripMs: number): void {
    if (this.#point >= this.#chunks.firstTsn && nowMs - this.#sentAtMs > roundTripMs) this.#isDue = true;
  }

  repeat(): void {
    this.#isDue = true;
  }

  /** @returns false if the packet has too little room */
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
      // Messages that have arrived are not skipped, and unordered DATA has no message numbers.
      if (chunks.state(tsn) !== ChunkState.abandoned || (isUnordered && !this.#isInterleaved)) continue;
      const key = `${streamId} ${isUnordered}`;
      // The remaining streams follow in the next FORWARD-TSN.
      if (!skipped.has(key) && skipped.size === MAX_SKIPPED) return { point: tsn - 1, skipped: [...skipped.values()] };
      // TSNs ascend, and so do the message numbers of a stream, so the last one remains.
      skipped.set(key, { streamId, isUnordered, messageNumber });
    }
    return { point: this.#point, skipped: [...skipped.values()] };
  }
}
