/** The state of a shard that determines where a session goes. */
export interface ShardBurden {
  readonly shardNo: number;
  /** Whether it exists and its event loop runs. */
  readonly isAlive: boolean;
  /** The share of its time that it is expected to be busy. */
  readonly expectedLoad: number;
  readonly sessions: number;
}

/** The load assumed for an idle session, so that an audience that waits for a speaker is not all on one shard when the speaker begins. */
const UTILIZATION_PER_SESSION = 0.002;

/** Up to this load, a shard is filled before the next one, because sessions that arrive together often watch each other. */
export const DEFAULT_WORKER_FILL_SHARE = 0.25;

/**
 * Fills the shards one after another up to a share of their time, and then chooses the least busy one. Traffic within a
 * shard need not cross threads or wake another thread, and once all shards are in use, none gets more than the others.
 *
 * @param burdens of all shards, by number; at least one
 * @param fillShare 0 chooses the least busy shard from the first session on
 * @returns the number of a shard; one that is not alive only if none is, in which case the session fails
 */
export function chooseShard(burdens: readonly ShardBurden[], fillShare: number): number {
  const alive = burdens.filter(({ isAlive }) => isAlive);
  const weighed = (alive.length > 0 ? alive : burdens).map((burden) => ({ shardNo: burden.shardNo, weight: weightOf(burden) }));
  const chosen =
    weighed.find(({ weight }) => weight < fillShare) ?? weighed.reduce((least, each) => (each.weight < least.weight ? each : least));
  return chosen.shardNo;
}

function weightOf({ expectedLoad, sessions }: ShardBurden): number {
  return Math.max(expectedLoad, sessions * UTILIZATION_PER_SESSION);
}

/** The half-life of a measurement. Joining causes a moment of work that does not indicate what a session will cost. */
const HALF_LIFE_MS = 5000;
/** The assumed cost of a new session: about 300 packets a second. */
const UTILIZATION_PER_NEWCOMER = 0.003;

/** Estimates the load of a shard once its new sessions have settled: their assumed cost decays as their measured cost grows. */
export class ExpectedLoad {
  #utilization = 0;
  #newcomers = 0;
  #atMs = Number.NEGATIVE_INFINITY;

  /** @param utilization share of the last second in which the shard was busy */
  at(nowMs: number, utilization: number): number {
    const left = 2 ** ((this.#atMs - nowMs) / HALF_LIFE_MS);
    this.#utilization = utilization + (this.#utilization - utilization) * left;
    this.#newcomers *= left;
    this.#atMs = nowMs;
    return this.#utilization + this.#newcomers * UTILIZATION_PER_NEWCOMER;
  }

  /** Records a new session, placed at the time of the last `at`. */
  addNewcomer(): void {
    this.#newcomers++;
  }
}
