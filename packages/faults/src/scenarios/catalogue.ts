import { accessNetwork } from './access-network.ts';
import { billData } from './bill-data.ts';
import { billJournal, billKilled } from './bill-killed.ts';
import { billProof } from './bill-proof.ts';
import { booksStopped } from './books-stopped.ts';
import { canary } from './canary.ts';
import { clockSkew } from './clock-skew.ts';
import { dataRegions } from './data-regions.ts';
import { diagnosed } from './diagnosed.ts';
import { drainBetween } from './drain-between.ts';
import { forgedStorm, forgedStormWorkers } from './edge/forged-storm.ts';
import { frozenNode } from './edge/frozen-node.ts';
import { fullDisk } from './edge/full-disk.ts';
import { fullUplink, fullUplinkAlone, fullUplinkWorkers, fullUplinkWorkersAlone } from './edge/full-uplink.ts';
import { ipv6Only } from './edge/ipv6-only.ts';
import { linkDown } from './edge/link-down.ts';
import { noDescriptors, noDescriptorsAlone } from './edge/no-descriptors.ts';
import { refusedSends } from './edge/refused-sends.ts';
import { smallMtu, smallMtuIpv6 } from './edge/small-mtu.ts';
import { wallClock } from './edge/wall-clock.ts';
import { firstFrame } from './first-frame.ts';
import { forged } from './forged.ts';
import { herd } from './herd.ts';
import { killRegion } from './kill-region.ts';
import { linkCut } from './link-cut.ts';
import { linkLoss } from './link-loss.ts';
import { narrowLink, narrowLinkAlone } from './narrow-link.ts';
import { nodeFrozen } from './node-frozen.ts';
import { oneCopy } from './one-copy.ts';
import { ownerDies } from './owner-dies.ts';
import { quota } from './quota.ts';
import { redisFrozen, redisStopped, redisUnwritable } from './redis-down.ts';
import { redisFrozenOver, redisKilledOver } from './redis-failover.ts';
import { redisFlushed } from './redis-flushed.ts';
import { redisSlow } from './redis-slow.ts';
import { revokedTokens } from './revoked-tokens.ts';
import { roaming } from './roaming.ts';
import { rollingRestart } from './rolling-restart.ts';
import type { Scenario } from './scenario.ts';
import { splitBrain } from './split-brain.ts';
import { workerCrash } from './worker-crash.ts';

/** All scenarios, in the order in which they are run. */
export const SCENARIOS: readonly Scenario[] = [
  oneCopy,
  firstFrame,
  dataRegions,
  linkLoss,
  linkCut,
  narrowLink,
  narrowLinkAlone,
  killRegion,
  billKilled,
  billJournal,
  billData,
  billProof,
  quota,
  booksStopped,
  canary,
  revokedTokens,
  diagnosed,
  ownerDies,
  herd,
  nodeFrozen,
  workerCrash,
  rollingRestart,
  drainBetween,
  roaming,
  accessNetwork,
  clockSkew,
  redisStopped,
  redisFrozen,
  redisUnwritable,
  redisFlushed,
  redisSlow,
  redisKilledOver,
  redisFrozenOver,
  splitBrain,
  forged,
  forgedStorm,
  forgedStormWorkers,
  fullUplink,
  fullUplinkWorkers,
  fullUplinkAlone,
  fullUplinkWorkersAlone,
  frozenNode,
  noDescriptors,
  noDescriptorsAlone,
  refusedSends,
  linkDown,
  smallMtu,
  smallMtuIpv6,
  ipv6Only,
  wallClock,
  fullDisk,
];
