import { setTimeout as sleep } from 'node:timers/promises';
import { beginPartition, endPartition } from '../network/redis-partition.ts';
import { billedExactly } from './bill.ts';
import { Call } from './call.ts';
import { atMost, exactly, type Finding } from './finding.ts';
import { type Lab, MINORITY_UID, timeUntil } from './lab.ts';
import { lossless } from './lossless.ts';
import { isRegistryRight } from './registry-right.ts';
import type { Scenario } from './scenario.ts';

const PROMOTED_WITHIN_MS = 8_000;
const RIGHT_WITHIN_MS = 10_000;

/** For a while there are two masters, and one node writes to the master whose writes will be lost. */
export const splitBrain: Scenario = {
  name: 'split-brain',
  covers: ['F7'],
  title: 'One node keeps the old master of Redis, the others get a new one; then the network heals',
  needs: { redis: 'watched', minority: 'us' },
  async run(lab, thoroughness) {
    const call = await Call.open(lab, { name: 'talk', from: 'eu', to: { us: 3, ap: 3 } });
    await call.beginWindow();
    const redis = lab.watchedRedis;
    const otherPorts = [...redis.replicas.map(({ port }) => port), ...redis.sentinelPorts];
    await beginPartition({ uid: MINORITY_UID, ownPorts: [redis.firstMaster.port], otherPorts });
    try {
      const promotedMs = await timeUntil(async () => redis.replicas.includes(await redis.master()), 3 * PROMOTED_WITHIN_MS);
      const apart = await actOnBothSides(lab);
      await sleep(thoroughness === 'whole' ? 20_000 : 4_000);
      const reports = await call.report();
      await endPartition();
      const rightMs = await timeUntil(() => isRegistryRight(lab), 3 * RIGHT_WITHIN_MS);
      return [
        atMost('until Sentinel promoted the replica', promotedMs, PROMOTED_WITHIN_MS, ' ms'),
        ...apart,
        ...lossless('across the two sides', reports),
        atMost('until the lists of all nodes are right, once they are one network again', rightMs, RIGHT_WITHIN_MS, ' ms'),
        await billedExactly(lab, ['talk']),
      ];
    } finally {
      await endPartition();
    }
  },
};

/** Lets clients join on both sides. Those of the smaller side are written where they will not be found. */
async function actOnBothSides(lab: Lab): Promise<Finding[]> {
  const join = async (region: string): Promise<string> => {
    const options = { packetsPerSecond: 10, packetBytes: 200 };
    return lab.sources.ask('publish', { group: `apart-${region}`, address: lab.address(region), options }).then(
      () => 'joined',
      (error: Error) => error.message,
    );
  };
  return [
    exactly('a client of the larger side', await join('ap'), 'joined'),
    exactly('a client of the smaller side', await join('us'), 'joined'),
  ];
}
