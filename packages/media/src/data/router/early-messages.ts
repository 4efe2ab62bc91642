/**
 * Messages for a subscriber whose channel is not open yet. If they exceed the limits the oldest are dropped, so that what is delivered has
 * no gap: the subscription starts later.
 */
import type { NumberedMessage } from './numbered-message.ts';

const MAX_BYTES = 64 << 10;
const MAX_MESSAGES = 1_024;
const MAX_AGE_MS = 2_000;

interface EarlyMessage {
  readonly numbered: NumberedMessage;
  readonly atMs: number;
}

export class EarlyMessages {
  #messages: EarlyMessage[] = [];
  #bytes = 0;

  /** Adds a message. The newest one is kept even if it exceeds the limits. */
  add(nowMs: number, numbered: NumberedMessage): void {
    this.#messages.push({ numbered, atMs: nowMs });
    this.#bytes += numbered.message.data.length;
    this.#dropBefore(nowMs - MAX_AGE_MS);
    while ((this.#bytes > MAX_BYTES || this.#messages.length > MAX_MESSAGES) && this.#messages.length > 1) this.#dropFirst();
  }

  /** Takes all messages that are not too old, oldest first. */
  take(nowMs: number): readonly NumberedMessage[] {
    this.#dropBefore(nowMs - MAX_AGE_MS);
    const messages = this.#messages.map(({ numbered }) => numbered);
    this.clear();
    return messages;
  }

  clear(): void {
    this.#messages = [];
    this.#bytes = 0;
  }

  #dropBefore(atMs: number): void {
    while (this.#messages.length > 0 && this.#messages[0].atMs < atMs) this.#dropFirst();
  }

  #dropFirst(): void {
    this.#bytes -= this.#messages.shift()?.numbered.message.data.length ?? 0;
  }
}
