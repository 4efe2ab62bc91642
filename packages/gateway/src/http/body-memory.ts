import { setImmediate as nextLoopTurn } from 'node:timers/promises';
import { FairQueue } from './fair-queue.ts';

/** Total size of request bodies held at once: 64 of the largest, or thousands of ordinary ones. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;

/**
 * The memory for request bodies being received, shared by all requests. Otherwise, callers with a valid secret that
 * send large bodies slowly over many connections would exhaust all memory. An app may hold as much as it leaves free,
 * so one app gets half of the memory and several get equal parts, and there is always room for another app.
 */
export class BodyMemory {
  readonly #maxHeldBytes: number;
  readonly #heldBytesOf = new Map<string, number>();
  #heldBytes = 0;
  /** Bodies that wait to be parsed. */
  readonly #waiting = new FairQueue<() => void>();
  #isTurning = false;

  constructor(maxHeldBytes = MAX_HELD_BYTES) {
    this.#maxHeldBytes = maxHeldBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** @returns false, with nothing reserved, if there is not enough room */
  take(appId: string, sizeBytes: number): boolean {
    const ofApp = (this.#heldBytesOf.get(appId) ?? 0) + sizeBytes;
    const leftBytes = this.#maxHeldBytes - this.#heldBytes - sizeBytes;
    if (ofApp > leftBytes) return false;
    this.#heldBytesOf.set(appId, ofApp);
    this.#heldBytes += sizeBytes;
    return true;
  }

  giveBack(appId: string, sizeBytes: number): void {
    const ofApp = (this.#heldBytesOf.get(appId) ?? 0) - sizeBytes;
    if (ofApp > 0) this.#heldBytesOf.set(appId, ofApp);
    else this.#heldBytesOf.delete(appId);
    this.#heldBytes -= sizeBytes;
  }

  /**
   * Resolves in a turn of the event loop in which no other body is parsed, because parsing a large one takes
   * milliseconds and delays media. Apps take turns, however many bodies one of them has.
   */
  takeTurn(appId: string): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(appId, resolve);
      if (!this.#isTurning) void this.#turn();
    });
  }

  async #turn(): Promise<void> {
    this.#isTurning = true;
    while (!this.#waiting.isEmpty) {
      await nextLoopTurn();
      this.#waiting.take()?.();
    }
    this.#isTurning = false;
  }
}
