/**
 * Messages from `send` until they have arrived or are given up. Tracks the memory they take and when they expire, and abandons them.
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
  /** Whether RFC 3758 was agreed on. Without it, a message is not given up once a part of it was sent. */
  readonly canAbandon: boolean;
}

export class PendingMessages {
  readonly queue: SendQueue;
  /** Bytes of messages that have neither arrived nor been given up, including overhead. */
  bufferedBytes = 0;
  /** When to call `expire` next. */
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

  /** The next message to send. Drops messages that have expired in the queue. */
  next(nowMs: number): OutgoingMessage | undefined {
    for (;;) {
      const message = this.queue.peek();
      if (message === undefined || !this.#isWorthless(nowMs, message)) return message;
      this.#abandon(message);
    }
  }

  /** Drops messages at the front of a stream that have become too old to be started. */
  dropStale(nowMs: number, streamId: number): void {
    for (;;) {
      const message = this.queue.firstUnsent(streamId);
      if (message === undefined || message.staleAtMs > nowMs) return;
      this.#abandon(message);
    }
  }

  /** Drops the oldest message of a stream, if none of it was sent yet. @returns false if there is none */
  dropOldest(streamId: number): boolean {
    const message = this.queue.firstUnsent(streamId);
    if (message === undefined) return false;
    this.#abandon(message);
    return true;
  }

  /** Takes bytes of the message that `next` returned off the queue after they were put into a chunk. */
  consume(message: OutgoingMessage, sizeBytes: number): void {
    this.queue.consume(message, sizeBytes);
    if (message.sentBytes === message.data.length) message.sender?.onSent(message.protocolId, message.data);
  }

  /** Releases the bytes of the oldest chunk, which is about to be removed. */
  releaseFirstChunk(): void {
    const { chunks } = this.#options;
    const tsn = chunks.firstTsn;
    const message = chunks.message(tsn);
    const isLastChunk = tsn === message.lastTsn && (message.isAbandoned || message.sentBytes === message.data.length);
    this.#release(message, chunks.length(tsn) + (isLastChunk ? MESSAGE_OVERHEAD_BYTES : 0));
    if (isLastChunk) this.#perishable.delete(message);
  }

  /** Handles a lost chunk. Its message is given up if it may not be retransmitted. */
  noteLost(tsn: number): void {
    const { chunks, canAbandon } = this.#options;
    const message = chunks.message(tsn);
    if (canAbandon && chunks.transmissions(tsn) > message.maxRetransmits) this.#abandon(message);
  }

  /** Gives up messages that have expired. */
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

  /** Gives a message up: none of its chunks is sent again, and the receiver is told to skip them. */
  #abandon(message: OutgoingMessage): void {
    if (message.isAbandoned) return;
    const { chunks, forward } = this.#options;
    message.isAbandoned = true;
    this.queue.drop(message);
    this.#perishable.delete(message);
    const unsentBytes = message.data.length - message.sentBytes;
    if (message.fragments === 0) {
      // The message has no TSN and no number, and the peer does not know about it.
      this.#release(message, unsentBytes + MESSAGE_OVERHEAD_BYTES);
      message.sender?.onDropped();
      return;
    }
    this.#release(message, unsentBytes);
    // The peer may have all chunks of the message so far. To skip the rest, one more TSN is needed behind them.
    if (unsentBytes > 0) chunks.add(0, message, 0);
    for (let tsn = Math.max(message.firstTsn, chunks.firstTsn); tsn <= message.lastTsn; tsn++) {
      if (chunks.message(tsn) === message && chunks.state(tsn) !== ChunkState.abandoned) chunks.markAbandoned(tsn);
    }
    forward.advance();
  }
}
