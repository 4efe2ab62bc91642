import { Histogram, type HistogramBounds, type HistogramCounts } from '@causeway/media';
import { type Random, uniform } from '../random.ts';
import { Admission, type AdmissionRefusal, MEMORY_FULL_SHARE, type OverloadLimits } from './admission.ts';
import { JoinLane } from './join-lane.ts';
import type { LoadSample, LoadSource } from './load-source.ts';

/** Classes of the delays of timers. */
export const TIMER_DELAY_BOUNDS_MS: HistogramBounds = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000];

export interface EntranceOptions {
  readonly limits: OverloadLimits;
  /** Undefined if the load is not measured; only the number of sessions then counts. */
  readonly load: LoadSource | undefined;
  readonly random: Random;
  /** Calls back in a later turn of the event loop. */
  readonly nextTurn: (callback: () => void) => void;
  /** Returns the present number of sessions. */
  readonly countSessions: () => number;
  /** Called once a second while memory is nearly exhausted, to release what is not essential. */
  readonly onMemoryCritical: () => void;
}

/** State of the entrance, for operators. */
export interface EntranceReport {
  /** Load during the last second; undefined until the first has passed. */
  readonly load: LoadSample | undefined;
  /** How late timers have fired since the node began. */
  readonly timerDelays: HistogramCounts;
  /** Why the next session would be refused; undefined if it would be accepted. */
  readonly obstacle: AdmissionRefusal | undefined;
  readonly sessionsRefused: Readonly<Record<AdmissionRefusal, number>>;
  readonly joinsWaiting: number;
}

/** How full a node is. */
export interface NodeLoad {
  /** 0 (idle) to 1 (full), of sessions, time or memory, whichever is nearest to its limit. */
  readonly share: number;
  /** Whether the next session would be refused. */
  readonly isFull: boolean;
}

/** Admits new sessions: no more than the node can serve, and not all at once. */
export class Entrance {
  readonly #options: EntranceOptions;
  readonly #admission: Admission;
  readonly #joins: JoinLane;
  readonly #timerDelays = new Histogram(TIMER_DELAY_BOUNDS_MS);
  /** Sessions that have been admitted and are not counted yet. */
  readonly #arrivals = new Set<symbol>();

  constructor(options: EntranceOptions) {
    const { limits, load, random, nextTurn } = options;
    this.#options = options;
    this.#admission = new Admission(limits, () => uniform(random));
    this.#joins = new JoinLane(nextTurn);
    load?.start((sample) => this.#note(sample));
  }

  /**
   * Resolves when a session of this app may be created, after at most a second or two.
   *
   * @returns a function to call once the session is counted or has failed; further calls do nothing
   * @throws no_capacity – the node is full or busy, or callers of other apps took the place in the queue;
   * `retryAfterMs` is random
   */
  async pass(appId: string): Promise<() => void> {
    const obstacle = this.#obstacle() ?? (this.#joins.hasRoom(appId) ? undefined : 'queue');
    if (obstacle !== undefined) throw this.#admission.refuse(obstacle);
    const arrival = Symbol('arrival');
    this.#arrivals.add(arrival);
    const outcome = await this.#joins.enter(appId);
    if (outcome === 'displaced') {
      this.#arrivals.delete(arrival);
      throw this.#admission.refuse('queue');
    }
    return () => this.#arrivals.delete(arrival);
  }

  report(): EntranceReport {
    return {
      load: this.#admission.latest,
      timerDelays: this.#timerDelays.snapshot(),
      obstacle: this.#obstacle(),
      sessionsRefused: this.#admission.refused(),
      joinsWaiting: this.#joins.waiting,
    };
  }

  load(): NodeLoad {
    const { limits, countSessions } = this.#options;
    const { utilization = 0, memoryShare = 0 } = this.#admission.latest ?? {};
    const share = Math.max(countSessions() / limits.maxSessions, utilization, memoryShare / MEMORY_FULL_SHARE);
    return { share: Math.min(1, share), isFull: this.#obstacle() !== undefined };
  }

  close(): void {
    this.#options.load?.stop();
  }

  #obstacle(): AdmissionRefusal | undefined {
    return this.#admission.obstacle(this.#options.countSessions() + this.#arrivals.size);
  }

  #note(sample: LoadSample): void {
    this.#admission.note(sample);
    for (const delayMs of sample.timerDelaysMs) this.#timerDelays.record(delayMs);
    if (this.#admission.isMemoryCritical) this.#options.onMemoryCritical();
  }
}
