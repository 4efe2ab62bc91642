/**
 * Lets sessions be created one in a turn of the event loop, so that packets of running sessions are handled between any two: to
 * answer an offer takes as long as to forward hundreds of packets. Apps take turns, so that a rush in one does not hold up another,
 * and when the lane is full the app with the most callers in it makes room for one that has fewer.
 */

/** A second or two of work; later callers are told to retry instead. */
const MAX_WAITING = 256;
/** Limit for one app while others are waiting. */
const MAX_WAITING_PER_APP = 128;

/** Whether a caller got its turn, or had to make room for a caller of another app. */
export type JoinOutcome = 'entered' | 'displaced';

type Caller = (outcome: JoinOutcome) => void;

export class JoinLane {
  readonly #nextTurn: (callback: () => void) => void;
  /** By app, in the order in which they get their turns. */
  readonly #waiting = new Map<string, Caller[]>();
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
    const ownCount = this.#waiting.get(appId)?.length ?? 0;
    if (this.#waitingCount < MAX_WAITING) return ownCount < MAX_WAITING_PER_APP;
    return ownCount + 1 < this.#longest().length;
  }

  /** Resolves when it is the caller's turn, or once it has been displaced; undefined if this turn is still free. */
  enter(appId: string): Promise<JoinOutcome> | undefined {
    if (!this.#isTurnTaken) {
      this.#takeTurn();
      return undefined;
    }
    if (this.#waitingCount >= MAX_WAITING) this.#displace();
    return new Promise((resolve) => {
      const callers = this.#waiting.get(appId) ?? [];
      callers.push(resolve);
      this.#waiting.set(appId, callers);
      this.#waitingCount++;
    });
  }

  /** Takes its place from the newest caller of the app with the most. */
  #displace(): void {
    const displaced = this.#longest().pop();
    if (displaced === undefined) return;
    this.#waitingCount--;
    displaced('displaced');
  }

  /** Searches at most 256 callers, and only when there are that many. */
  #longest(): Caller[] {
    let longest: Caller[] = [];
    for (const callers of this.#waiting.values()) if (callers.length > longest.length) longest = callers;
    return longest;
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
    enter?.('entered');
  }
}
