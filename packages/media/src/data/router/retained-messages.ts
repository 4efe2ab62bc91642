/**
 * The latest messages of a publication, for later subscribers. Messages have serial numbers within their publication, so that a subscriber
 * that receives one live does not get it again.
 */
import type { NumberedMessage } from './numbered-message.ts';

/** Limits what an app can make a node store for one publication. */
export const MAX_RETAINED_MESSAGES = 256;
/**
 * Half of what may wait for a subscriber, which receives all of them at once and live messages in addition. The last message is kept even
 * if it is longer.
 */
export const MAX_RETAINED_BYTES = 512 << 10;

export class RetainedMessages {
  #capacity: number;
  #bytes = 0;
  readonly #messages: NumberedMessage[] = [];

  /** @param capacity how many messages are kept; 0 for none */
  constructor(capacity: number) {
    this.#capacity = Math.min(capacity, MAX_RETAINED_MESSAGES);
  }

  get size(): number {
    return this.#messages.length;
  }

  resize(capacity: number): void {
    this.#capacity = Math.min(capacity, MAX_RETAINED_MESSAGES);
    this.#trim();
  }

  add(numbered: NumberedMessage): void {
    if (this.#capacity === 0) return;
    let at = this.#messages.length;
    // On the way to a copy, unordered messages may have overtaken this one.
    while (at > 0 && this.#messages[at - 1].serial > numbered.serial) at--;
    this.#messages.splice(at, 0, numbered);
    this.#bytes += numbered.message.data.length;
    this.#trim();
  }

  /** Oldest first. */
  all(): readonly NumberedMessage[] {
    return this.#messages;
  }

  #trim(): void {
    while (this.#messages.length > this.#capacity || (this.#bytes > MAX_RETAINED_BYTES && this.#messages.length > 1)) {
      this.#bytes -= this.#messages.shift()?.message.data.length ?? 0;
    }
  }
}
