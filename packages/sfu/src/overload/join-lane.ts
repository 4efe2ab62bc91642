/**
 * Lets sessions be created one in a turn of the event loop, so that packets of running sessions are handled between any two: to
 * answer an offer takes as long as to forward hundreds of packets. Apps take turns, so that a rush in one does not hold up another.
 */

/** A second or two of work; whoever comes later is better told to come back. */
const MAX_WAITING = 256;
/** Of one app, while there are others. */
const MAX_WAITING_PER_APP = 128;

export class JoinLane {
  readonly #nextTurn: (callback: () => void) => void;
  /** By app, in the order in which they get their turns. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #waitingCount = 0;
  #isTurnTaken = false;

  /** @param nextTurn calls back in a later turn of the event loop, after what has come in until then was handled */
  constructor(nextTurn: (callback: () => void) => void) {
    this.#nextTurn = nextTurn;
  }

  /** How many callers wait. */
  get waiting(): number {
    return this.#waitingCount;
  }

  /** Whether `enter` may be called for this app. */
  hasRoom(appId: string): boolean {
    return this.#waitingCount < MAX_WAITING && (this.#waiting.get(appId)?.length ?? 0) < MAX_WAITING_PER_APP;
  }

  /** Resolves when it is the caller's turn; at once if nobody had this one yet. */
  enter(appId: string): Promise<void> | undefined {
    if (!this.#isTurnTaken) {
      this.#takeTurn();
      return undefined;
    }
    return new Promise((resolve) => {
      const callers = this.#waiting.get(appId) ?? [];
      callers.push(resolve);
      this.#waiting.set(appId, callers);
      this.#waitingCount++;
    });
  }

  #takeTurn(): void {
    this.#isTurnTaken = true;
    this.#nextTurn(() => this.#endTurn());
  }

  #endTurn(): void {
    this.#isTurnTaken = false;
    const [first] = this.#waiting;
    if (first === undefined) return;
    const [appId, callers] = first;
    const enter = callers.shift();
    // To the back of the queue of apps.
    this.#waiting.delete(appId);
    if (callers.length > 0) this.#waiting.set(appId, callers);
    this.#waitingCount--;
    this.#takeTurn();
    enter?.();
  }
}
