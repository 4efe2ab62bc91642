/**
 * Creates at most one session per turn of the event loop, so that packets of existing sessions are handled in between:
 * answering an offer takes as long as forwarding hundreds of packets. Apps take turns, so that a rush in one does not
 * delay another. When the lane is full, the app with the most callers gives up a place to one with fewer.
 */

/** A second or two of work; further callers are told to retry. */
const MAX_WAITING = 256;
/** Limit for one app while others wait. */
const MAX_WAITING_PER_APP = 128;

/** Whether a caller got its turn, or had to make room for a caller of another app. */
export type JoinOutcome = 'entered' | 'displaced';

type Caller = (outcome: JoinOutcome) => void;

export class JoinLane {
  readonly #nextTurn: (callback: () => void) => void;
  /** Callers by app, in the order of the apps' turns. */
  readonly #waiting = new Map<string, Caller[]>();
  #waitingCount = 0;
  #isTurnTaken = false;

  /** @param nextTurn calls back in a later turn of the event loop, after the input that arrived before it has been handled */
  constructor(nextTurn: (callback: () => void) => void) {
    this.#nextTurn = nextTurn;
  }

  /** The number of waiting callers. */
  get waiting(): number {
    return this.#waitingCount;
  }

  /** Whether `enter` may be called for this app. */
  hasRoom(appId: string): boolean {
    const ownCount = this.#waiting.get(appId)?.length ?? 0;
    if (this.#waitingCount < MAX_WAITING) return ownCount < MAX_WAITING_PER_APP;
    return ownCount + 1 < this.#longest().length;
  }

  /** Resolves when it is the caller's turn, or when the caller was displaced. Returns undefined if the present turn is unused. */
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

  /** Displaces the newest caller of the app with the most callers. */
  #displace(): void {
    const displaced = this.#longest().pop();
    if (displaced === undefined) return;
    this.#waitingCount--;
    displaced('displaced');
  }

  /** Searches at most 256 callers, and only when that many wait. */
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
    // Move the app to the back of the queue.
    this.#waiting.delete(appId);
    if (callers.length > 0) this.#waiting.set(appId, callers);
    this.#waitingCount--;
    this.#takeTurn();
    enter?.('entered');
  }
}
