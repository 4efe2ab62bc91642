/**
 * Shares the thread between packets and session descriptions. A description may have 256 m-sections; reading or writing
 * one, and applying it, takes as long as forwarding hundreds of packets, so all of it is done in pieces. One turn of
 * the event loop spends at most `QUOTA_MS` on pieces and finishes at most one piece of work, since its caller continues
 * at once. Apps take turns.
 *
 * @see docs/adr/0013-descriptions-in-pieces.md
 */
import { SfuError } from '@causeway/protocol';

/** One piece of work, called repeatedly until it returns a result. Each call should take at most a fraction of a millisecond. */
export type Piece<Result> = () => Result | undefined;

/**
 * Time for descriptions in one turn. What the caller of finished work does at once is extra (figures:
 * docs/adr/0013-descriptions-in-pieces.md).
 */
const QUOTA_MS = 1;
/** Characters of descriptions that wait to be read, which amount to a second or two of work. */
const MAX_WAITING_CHARACTERS = 32 * 1024 * 1024;
/** Limit for one app while others wait. */
const MAX_WAITING_CHARACTERS_PER_APP = MAX_WAITING_CHARACTERS / 2;
const RETRY_AFTER_MS = 2_000;

export interface DescriptionTurnsOptions {
  readonly nowMs: () => number;
  /** Calls back in a later turn of the event loop, after the input that arrived before it has been handled. */
  readonly nextTurn: (callback: () => void) => void;
}

interface Job {
  readonly characters: number;
  /** Does one piece; true once the result has been delivered. */
  readonly step: () => boolean;
}

interface AppJobs {
  readonly jobs: Job[];
  characters: number;
}

export class DescriptionTurns {
  readonly #options: DescriptionTurnsOptions;
  /** Jobs by app, in the order of the apps' turns. */
  readonly #waiting = new Map<string, AppJobs>();
  #waitingCharacters = 0;
  #isTurnTaken = false;

  constructor(options: DescriptionTurnsOptions) {
    this.#options = options;
  }

  /** The number of characters of descriptions that wait to be read. */
  get waitingCharacters(): number {
    return this.#waitingCharacters;
  }

  /**
   * Runs pieces of work, in this turn of the event loop and in later ones, until there is a result.
   *
   * @param characters of text that the work retains while it waits; 0 if it retains nothing of the caller's
   * @throws rate_limited – too much work is waiting, of this app or in total
   */
  run<Result>(appId: string, characters: number, piece: Piece<Result>): Promise<Result> {
    this.#checkRoom(appId, characters);
    return new Promise((resolve, reject) => {
      const step = (): boolean => {
        try {
          const result = piece();
          if (result === undefined) return false;
          resolve(result);
        } catch (error) {
          reject(error);
        }
        return true;
      };
      this.#add(appId, { characters, step });
    });
  }

  #checkRoom(appId: string, characters: number): void {
    const ofApp = this.#waiting.get(appId)?.characters ?? 0;
    const hasRoom =
      characters === 0 ||
      (ofApp + characters <= MAX_WAITING_CHARACTERS_PER_APP && this.#waitingCharacters + characters <= MAX_WAITING_CHARACTERS);
    if (hasRoom) return;
    throw new SfuError('rate_limited', 'too many long session descriptions wait to be read', { retryAfterMs: RETRY_AFTER_MS });
  }

  #add(appId: string, job: Job): void {
    const ofApp = this.#waiting.get(appId) ?? { jobs: [], characters: 0 };
    ofApp.jobs.splice(placeOf(job, ofApp.jobs), 0, job);
    ofApp.characters += job.characters;
    this.#waiting.set(appId, ofApp);
    this.#waitingCharacters += job.characters;
    // If this turn is unused, a call without competitors does not wait.
    if (!this.#isTurnTaken) this.#takeTurn();
  }

  #takeTurn(): void {
    this.#isTurnTaken = true;
    this.#options.nextTurn(() => this.#beginTurn());
    const startedMs = this.#options.nowMs();
    let isFinished = false;
    while (!isFinished && this.#waiting.size > 0 && this.#options.nowMs() - startedMs < QUOTA_MS) isFinished = this.#doPiece();
  }

  #beginTurn(): void {
    this.#isTurnTaken = false;
    if (this.#waiting.size > 0) this.#takeTurn();
  }

  /** Runs a piece of the first job of the app whose turn it is, and moves the app to the back. @returns whether that job is done */
  #doPiece(): boolean {
    const [first] = this.#waiting;
    if (first === undefined) return false;
    const [appId, ofApp] = first;
    const [job] = ofApp.jobs;
    const isDone = job === undefined || job.step();
    if (isDone) {
      ofApp.jobs.shift();
      ofApp.characters -= job?.characters ?? 0;
      this.#waitingCharacters -= job?.characters ?? 0;
    }
    this.#waiting.delete(appId);
    if (ofApp.jobs.length > 0) this.#waiting.set(appId, ofApp);
    return isDone;
  }
}

/**
 * Work on a description that has been read goes before descriptions that are still unread. If all were read first,
 * their derived data would be in memory at the same time, and collecting the young generation of the heap would stop
 * the thread for 20 ms.
 */
function placeOf({ characters }: Job, jobs: readonly Job[]): number {
  const firstToRead = characters > 0 ? -1 : jobs.findIndex((each) => each.characters > 0);
  return firstToRead === -1 ? jobs.length : firstToRead;
}
