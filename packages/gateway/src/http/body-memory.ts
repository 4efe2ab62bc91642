import { setImmediate as nextLoopTurn } from 'node:timers/promises';

/** How much of request bodies may be held at once: 64 of the largest, thousands of ordinary ones. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;

/**
 * The memory for request bodies that are still coming in, shared by all requests: callers who know a secret, and send large bodies
 * slowly over many connections, would otherwise fill all there is.
 */
export class BodyMemory {
  readonly #maxHeldBytes: number;
  #heldBytes = 0;
  #lastTurn: Promise<void> = Promise.resolve();

  constructor(maxHeldBytes = MAX_HELD_BYTES) {
    this.#maxHeldBytes = maxHeldBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** @returns false if there is no room for that; nothing is taken then */
  take(sizeBytes: number): boolean {
    if (this.#heldBytes + sizeBytes > this.#maxHeldBytes) return false;
    this.#heldBytes += sizeBytes;
    return true;
  }

  giveBack(sizeBytes: number): void {
    this.#heldBytes -= sizeBytes;
  }

  /** Resolves in a turn of the event loop that no other body is parsed in: one that is large takes milliseconds, and media waits meanwhile. */
  takeTurn(): Promise<void> {
    this.#lastTurn = this.#lastTurn.then(() => nextLoopTurn());
    return this.#lastTurn;
  }
}
