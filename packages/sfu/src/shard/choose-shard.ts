/** What decides where a session goes. */
export interface ShardBurden {
  readonly shardNo: number;
  /** It is there, and its event loop turns. */
  readonly isAlive: boolean;
  /** As a share of its time. */
  readonly expectedLoad: number;
  readonly sessions: number;
}

/** What an idle session counts: an audience that waits for a speaker must not all be on one shard when the speaker begins. */
const UTILIZATION_PER_SESSION = 0.002;

/** Until a shard has so much to do, the next one gets nothing: sessions that come together often watch each other. */
export const DEFAULT_WORKER_FILL_SHARE = 0.25;

/**
 * Fills one shard after another up to a share of its time, and then gives to the one that has the least to do: what stays on one shard
 * need not cross, and nothing crosses to a thread that must be woken for it, but none gets more than others before all are at work.
 *
 * @param burdens of all shards, by number; at least one
 * @param fillShare 0 gives to the one with the least to do from the first session on
 * @returns one that is not there is chosen only if none is: its session fails, as it would anywhere
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

/** The half-life of a measurement: joining costs a moment of work that says nothing about what a session will cost. */
const HALF_LIFE_MS = 5000;
/** What one newcomer may come to cost: some 300 packets a second. */
const UTILIZATION_PER_NEWCOMER = 0.003;

/** How busy a shard will be when its newcomers have settled: their expected cost fades out as what they do cost fades in. */
export class ExpectedLoad {
  #utilization = 0;
  #newcomers = 0;
  #atMs = Number.NEGATIVE_INFINITY;

  /** @param utilization share of the last second in which it was busy */
  at(nowMs: number, utilization: number): number {
    const left = 2 ** ((this.#atMs - nowMs) / HALF_LIFE_MS);
    this.#utilization = utilization + (this.#utilization - utilization) * left;
    this.#newcomers *= left;
    this.#atMs = nowMs;
    return this.#utilization + this.#newcomers * UTILIZATION_PER_NEWCOMER;
  }

  /** One was placed at the moment that was asked about last. */
  addNewcomer(): void {
    this.#newcomers++;
  }
}
