/**
 * Messages from `send` until they have arrived or are given up: what they take, when they expire, and how one is abandoned.
 *
 * @see RFC 3758 §3.5
 */
import type { ForwardPoint } from './forward-point.ts';
import { createOutgoingMessage, MESSAGE_OVERHEAD_BYTES, type MessageToSend, type OutgoingMessage } from './outgoing-message.ts';
import { ChunkState, type OutstandingChunks } from './outstanding-chunks.ts';
import { SendQueue } from './send-queue.ts';

export interface PendingMessagesOptions {
  readonly chunks: OutstandingChunks;
  readonly forward: ForwardPoint;
  readonly isInterleaved: boolean;
  /** RFC 3758 was agreed on; without it nothing is given up of which a part was sent. */
  readonly canAbandon: boolean;
}

export class PendingMessages {
  readonly queue: SendQueue;
  /** Bytes of messages that have neither arrived nor been given up, and what their keeping costs. */
  bufferedBytes = 0;
  /** When `expire` is wanted next. */
  nextExpiryMs = Number.POSITIVE_INFINITY;
  readonly #options: PendingMessagesOptions;
  readonly #perishable = new Set<OutgoingMessage>();

  constructor(options: PendingMessagesOptions) {
    this.#options = options;
    this.queue = new SendQueue(options.isInterleaved);
  }

  push(message: MessageToSend): void {
    const outgoing = createOutgoingMessage(message);
    this.bufferedBytes += message.data.length + MESSAGE_OVERHEAD_BYTES;
    this.queue.push(outgoing);
    if (message.expiresAtMs === Number.POSITIVE_INFINITY) return;
    this.#perishable.add(outgoing);
    this.nextExpiryMs = Math.min(this.nextExpiryMs, message.expiresAtMs);
  }

  /** What is worth sending next. What has expired in the queue is dropped here. */
  next(nowMs: number): OutgoingMessage | undefined {
    for (;;) {
      const message = this.queue.peek();
      if (message === undefined || !this.#isWorthless(nowMs, message)) return message;
      this.#abandon(message);
    }
  }

  /** Drops the messages at the front of a stream that are not worth beginning any more. */
  dropStale(nowMs: number, streamId: number): void {
    for (;;) {
      const message = this.queue.firstUnsent(streamId);
      if (message === undefined || message.staleAtMs > nowMs) return;
      this.#abandon(message);
    }
  }

  /** Drops the oldest message of a stream of which nothing was sent. @returns false if there is none */
  dropOldest(streamId: number): boolean {
    const message = this.queue.firstUnsent(streamId);
    if (message === undefined) return false;
    this.#abandon(message);
    return true;
  }

  /** Takes bytes of the message that `next` returned off the queue, since they are in a chunk now. */
  consume(message: OutgoingMessage, sizeBytes: number): void {
    this.queue.consume(message, sizeBytes);
    if (message.sentBytes === message.data.length) message.sender?.onSent(message.protocolId, message.data);
  }

  /** The oldest chunk is about to be forgotten: what it holds of its message needs to be kept no longer. */
  releaseFirstChunk(): void {
    const { chunks } = this.#options;
    const tsn = chunks.firstTsn;
    const message = chunks.message(tsn);
    const isLastChunk = tsn === message.lastTsn && (message.isAbandoned || message.sentBytes === message.data.length);
    this.#release(message, chunks.length(tsn) + (isLastChunk ? MESSAGE_OVERHEAD_BYTES : 0));
    if (isLastChunk) this.#perishable.delete(message);
  }

  /** A chunk was lost: its message is given up if it may not be sent again. */
  noteLost(tsn: number): void {
    const { chunks, canAbandon } = this.#options;
    const message = chunks.message(tsn);
    if (canAbandon && chunks.transmissions(tsn) > message.maxRetransmits) this.#abandon(message);
  }

  /** Gives up what is worth nothing any more. */
  expire(nowMs: number): void {
    this.nextExpiryMs = Number.POSITIVE_INFINITY;
    for (const message of this.#perishable) {
      if (message.expiresAtMs > nowMs) this.nextExpiryMs = Math.min(this.nextExpiryMs, message.expiresAtMs);
      else if (this.#mayAbandon(message)) this.#abandon(message);
      else this.#perishable.delete(message);
    }
  }

  #isWorthless(nowMs: number, message: OutgoingMessage): boolean {
    if (message.fragments === 0 && message.staleAtMs <= nowMs) return true;
    return message.expiresAtMs <= nowMs && this.#mayAbandon(message);
  }

  #release(message: OutgoingMessage, sizeBytes: number): void {
    this.bufferedBytes -= sizeBytes;
    message.sender?.onReleased(sizeBytes);
  }

  #mayAbandon(message: OutgoingMessage): boolean {
    return this.#options.canAbandon || message.fragments === 0;
  }

  /** None of its chunks is sent again, and the receiver is told not to wait for them. */
  #abandon(message: OutgoingMessage): void {
    if (message.isAbandoned) return;
    const { chunks, forward } = this.#options;
    message.isAbandoned = true;
    this.queue.drop(message);
    this.#perishable.delete(message);
    const unsentBytes = message.data.length - message.sentBytes;
    if (message.fragments === 0) {
      // It has no TSN and no number: the peer never knew of it.
      this.#release(message, unsentBytes + MESSAGE_OVERHEAD_BYTES);
      message.sender?.onDropped();
      return;
    }
    this.#release(message, unsentBytes);
    // A message of which the peer may have all chunks so far can only be passed over with a TSN of its own behind them.
    if (unsentBytes > 0) chunks.add(0, message, 0);
    for (let tsn = Math.max(message.firstTsn, chunks.firstTsn); tsn <= message.lastTsn; tsn++) {
      if (chunks.message(tsn) === message && chunks.state(tsn) !== ChunkState.abandoned) chunks.markAbandoned(tsn);
    }
    forward.advance();
  }
}
