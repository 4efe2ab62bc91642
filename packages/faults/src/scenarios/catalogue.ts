import { killRegion } from './kill-region.ts';
import { linkLoss } from './link-loss.ts';
import { oneCopy } from './one-copy.ts';
import { redisFrozen, redisStopped } from './redis-down.ts';
import { redisFrozenOver, redisKilledOver } from './redis-failover.ts';
import { redisFlushed } from './redis-flushed.ts';
import type { Scenario } from './scenario.ts';

/** All scenarios, in the order in which they are run. */
export const SCENARIOS: readonly Scenario[] = [
  oneCopy,
  linkLoss,
  killRegion,
  redisStopped,
  redisFrozen,
  redisFlushed,
  redisKilledOver,
  redisFrozenOver,
];
