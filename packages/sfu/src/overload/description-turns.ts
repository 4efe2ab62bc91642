/**
 * Shares the thread between packets and session descriptions. A description may have 256 m-sections, and to read or write one takes as
 * long as to forward hundreds of packets, and so does what follows from it; all of it is done in pieces. One turn of the event loop carries at most
 * `QUOTA_MS` of that and finishes at most one piece of work, since its caller continues at once. Apps take turns.
 *
 * @see docs/adr/0013-descriptions-in-pieces.md
 */
import { SfuError } from '@causeway/protocol';

/** One of the pieces of work that are done until there is a result; each should take no more than a fraction of a millisecond. */
export type Piece<Result> = () => Result | undefined;

/** Time for descriptions in one turn. What the caller of finished work does at once comes on top (docs/adr/0013-descriptions-in-pieces.md has the figures). */
const QUOTA_MS = 1;
/** Characters of descriptions that wait to be read: a second or two of work. */
const MAX_WAITING_CHARACTERS = 32 * 1024 * 1024;
/** Limit for one app while others are waiting. */
const MAX_WAITING_CHARACTERS_PER_APP = MAX_WAITING_CHARACTERS / 2;
const RETRY_AFTER_MS = 2_000;

export interface DescriptionTurnsOptions {
  readonly nowMs: () => number;
  /** Calls back in a later turn of the event loop, after what has come in until then was handled. */
  readonly nextTurn: (callback: () => void) => void;
}

interface Job {
  readonly characters: number;
  /** Does one piece; true once the result has been handed over. */
  readonly step: () => boolean;
}

interface AppJobs {
  readonly jobs: Job[];
  characters: number;
}

export class DescriptionTurns {
  readonly #options: DescriptionTurnsOptions;
  /** By app, in the order in which they get their turns. */
  readonly #waiting = new Map<string, AppJobs>();
  #waitingCharacters = 0;
  #isTurnTaken = false;

  constructor(options: DescriptionTurnsOptions) {
    this.#options = options;
  }

  /** How many characters of descriptions wait to be read. */
  get waitingCharacters(): number {
    return this.#waitingCharacters;
  }

  /**
   * Does pieces of work, in this turn of the event loop and in later ones, until there is a result.
   *
   * @param characters of text that the work keeps while it waits; 0 for work that keeps nothing of the caller's
   * @throws rate_limited – too much waits already, of this app or of all
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
    // This turn is still free: a call that comes alone does not wait.
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

  /** Does a piece of the first job of the app whose turn it is, which then goes behind the others. @returns whether that job is done */
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
 * Work on a description that was read comes before descriptions that are still to be read. If all were read first, the
 * data derived from them would be kept at the same time, and collecting the young generation of the heap would stop the
 * thread for 20 ms.
 */
function placeOf({ characters }: Job, jobs: readonly Job[]): number {
  const firstToRead = characters > 0 ? -1 : jobs.findIndex((each) => each.characters > 0);
  return firstToRead === -1 ? jobs.length : firstToRead;
}
