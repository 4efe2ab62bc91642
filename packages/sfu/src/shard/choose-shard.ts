/** What decides where a session goes. */
export interface ShardBurden {
  readonly shardNo: number;
  /** It is there, and its event loop turns. */
  readonly isAlive: boolean;
  /** Share of the last second that its event loop was busy; 0 while it is not known. */
  readonly utilization: number;
  /** Sessions that were placed on it and may not have begun to cost anything. */
  readonly sessions: number;
}

/** What one session may come to cost: 50 packets a second each way. It only has to keep newcomers of the same second apart. */
const UTILIZATION_PER_SESSION = 0.002;

/**
 * @param burdens of all shards, in any order; at least one
 * @returns the one that has the least to do. One that is not there is chosen only if none is: its session fails, as it would anywhere
 */
export function chooseShard(burdens: readonly ShardBurden[]): number {
  const alive = burdens.filter(({ isAlive }) => isAlive);
  const weighed = (alive.length > 0 ? alive : burdens).map((burden) => ({
    shardNo: burden.shardNo,
    weight: burden.utilization + burden.sessions * UTILIZATION_PER_SESSION,
  }));
  return weighed.reduce((least, each) => (each.weight < least.weight ? each : least)).shardNo;
}
