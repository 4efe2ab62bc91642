import { setTimeout as sleep } from 'node:timers/promises';
import { atMost, exactly } from './finding.ts';
import { timeUntil } from './lab.ts';
import type { Scenario } from './scenario.ts';

const RATE_BPS = 600_000;
const ADAPTED_WITHIN_MS = 15_000;
const WINDOW_MS = 4_000;

/** A link that cannot carry the best layer carries one that fits, instead of losing parts of what does not. */
export const narrowLink: Scenario = {
  name: 'narrow-link',
  covers: ['F12'],
  title: 'A link between regions that carries less than the best layer of a track',
  async run(lab) {
    const track = await lab.sources.ask('publishSimulcast', { group: 'stage', address: lab.address('eu') });
    await lab.sources.ask('start', 'stage');
    const watch = { group: 'hall', address: lab.address('us'), track, count: 2 };
    await lab.watchers.ask('watch', watch);
    await timeUntil(async () => (await lab.watchers.ask('figures', 'hall')).every(({ firstFrameMs }) => firstFrameMs !== null), 10_000);
    await lab.cluster.network.ask('impairLinks', { between: ['eu', 'us'], impairment: { rateBps: RATE_BPS } });
    await lab.cluster.network.ask('takeTally');
    const lossNow = async (): Promise<number> => {
      await sleep(WINDOW_MS);
      const count = (await lab.cluster.network.ask('takeTally'))['eu>us'];
      return count === undefined ? 1 : count.lost / Math.max(1, count.datagrams);
    };
    const adaptedMs = await timeUntil(async () => (await lossNow()) < 0.02, 2 * ADAPTED_WITHIN_MS, 0);
    await lab.watchers.ask('beginWindow', 'hall');
    await sleep(WINDOW_MS);
    const silentMs = Math.max(
      ...(await lab.watchers.ask('figures', 'hall')).map((figures) => Math.max(figures.silentMs, figures.longestGapMs)),
    );
    return [
      atMost('until the link no longer loses what it cannot carry', adaptedMs, ADAPTED_WITHIN_MS, ' ms'),
      atMost('longest gap for those who watch, afterwards', silentMs, 1_000, ' ms'),
      exactly('the links still stand', await linkState(), 'yes'),
    ];
    async function linkState(): Promise<string> {
      return (await lab.api('us').call('GET', `/session/${track.remoteSessionId}/tracks`)).status === 200 ? 'yes' : 'no';
    }
  },
};
