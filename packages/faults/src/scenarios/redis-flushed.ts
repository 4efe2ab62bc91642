import { setTimeout as sleep } from 'node:timers/promises';
import { billedExactly } from './bill.ts';
import { Call } from './call.ts';
import { atMost, exactly } from './finding.ts';
import { timeUntil } from './lab.ts';
import { lossless } from './lossless.ts';
import { isRegistryRight } from './registry-right.ts';
import type { Scenario } from './scenario.ts';

const RIGHT_WITHIN_MS = 10_000;

/** Redis is an index. The nodes, which know the truth, write it again. */
export const redisFlushed: Scenario = {
  name: 'redis-flushed',
  covers: ['F9', 'Show: Redis flushed'],
  title: 'FLUSHALL while calls run',
  async run(lab) {
    const call = await Call.open(lab, { name: 'talk', from: 'eu', to: { eu: 1, us: 3, ap: 3 } });
    const rightBefore = await timeUntil(() => isRegistryRight(lab), RIGHT_WITHIN_MS);
    await call.beginWindow();
    await lab.redis.command('FLUSHALL');
    const rightMs = await timeUntil(() => isRegistryRight(lab), 2 * RIGHT_WITHIN_MS);
    await sleep(2_000);
    const reports = await call.report();
    await call.join('us', 1);
    return [
      exactly('the registry was right before', Number.isFinite(rightBefore) ? 'yes' : 'no', 'yes'),
      atMost('until the lists of all nodes are right', rightMs, RIGHT_WITHIN_MS, ' ms'),
      ...lossless('during the fault', reports),
      exactly('one more can join', (await call.figures('us')).length, 4),
      // Everything is younger than a minute, so the nodes still have the batches that Redis had counted and has forgotten.
      await billedExactly(lab, ['talk']),
    ];
  },
};
