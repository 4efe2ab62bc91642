/**
 * The last messages of a publication, for those who come later. A message has a serial number within its publication,
 * so that a subscriber that gets one live does not get it twice.
 */
import type { NumberedMessage } from './numbered-message.ts';

/** An app may not make a node remember more than this for one publication, whatever it asks for. */
export const MAX_RETAINED_MESSAGES = 256;
/**
 * Half of what may wait for a subscriber: it gets all of them at once, and live messages on top. The last one is
 * kept however long it is.
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
    // Unordered messages may have overtaken it on the way to a copy.
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
