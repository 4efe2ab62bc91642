/**
 * Messages that peers send on channels that have not been claimed yet. The OPEN and the first messages share a datagram, and the owner of
 * the engine needs a moment to assign the channel.
 */
import type { DataMessage } from '../data-channel.ts';

/** Counts from the first message of a channel. */
const HOLD_MS = 2_000;
/** Limits the messages on all unclaimed channels of one peer. At the limit, packets of a client are ignored until there is room again. */
export const MAX_HELD_BYTES = 1 << 20;
const MESSAGE_OVERHEAD_BYTES = 64;

interface HeldChannel {
  readonly untilMs: number;
  readonly messages: DataMessage[];
  bytes: number;
}

export class HeldMessages {
  /** Bytes that are held at present. */
  bytes = 0;
  readonly #channels = new Map<number, HeldChannel>();

  get isFull(): boolean {
    return this.bytes >= MAX_HELD_BYTES;
  }

  /** When to call `expire` next; Infinity if nothing is held. */
  get nextExpiryMs(): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { untilMs, messages } of this.#channels.values()) if (messages.length > 0) nextMs = Math.min(nextMs, untilMs);
    return nextMs;
  }

  /** @returns false if the message must be dropped, because the channel was not claimed in time or too much is held */
  add(nowMs: number, streamId: number, message: DataMessage): boolean {
    let channel = this.#channels.get(streamId);
    if (channel === undefined) {
      channel = { untilMs: nowMs + HOLD_MS, messages: [], bytes: 0 };
      this.#channels.set(streamId, channel);
    }
    const sizeBytes = message.data.length + MESSAGE_OVERHEAD_BYTES;
    // A packet may contain several messages. Since it was let in, all of them are kept.
    if (channel.untilMs <= nowMs || this.bytes >= 2 * MAX_HELD_BYTES) return false;
    channel.messages.push(message);
    channel.bytes += sizeBytes;
    this.bytes += sizeBytes;
    return true;
  }

  /** Takes the messages of a channel that was claimed or closed. */
  take(streamId: number): readonly DataMessage[] {
    const channel = this.#channels.get(streamId);
    if (channel === undefined) return [];
    this.#channels.delete(streamId);
    this.bytes -= channel.bytes;
    return channel.messages;
  }

  /** Drops messages that were not claimed in time. @returns how many */
  expire(nowMs: number): number {
    let dropped = 0;
    for (const channel of this.#channels.values()) {
      if (channel.untilMs > nowMs) continue;
      dropped += channel.messages.length;
      this.bytes -= channel.bytes;
      channel.messages.length = 0;
      channel.bytes = 0;
    }
    return dropped;
  }
}
