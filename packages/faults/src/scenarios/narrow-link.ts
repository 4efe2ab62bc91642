import { setTimeout as sleep } from 'node:timers/promises';
import { atMost, exactly } from './finding.ts';
import { timeUntil } from './lab.ts';
import type { Scenario } from './scenario.ts';

const RATE_BPS = 600_000;
const ADAPTED_WITHIN_MS = 15_000;
const WINDOW_MS = 1_000;

/** A link that cannot carry what is wanted loses some of it, which makes it a bad way: there is another. */
export const narrowLink: Scenario = {
  name: 'narrow-link',
  covers: ['F12'],
  title: 'A link between regions that carries less than is wanted of it is gone round',
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
    await lab.watchers.ask('beginWindow', 'hall');
    const adaptedMs = await timeUntil(async () => (await lossNow()) < 0.02, 2 * ADAPTED_WITHIN_MS, 0);
    const worstMs = await longestGap();
    await lab.watchers.ask('beginWindow', 'hall');
    await sleep(5 * WINDOW_MS);
    return [
      atMost('until the link no longer loses what it cannot carry', adaptedMs, ADAPTED_WITHIN_MS, ' ms'),
      atMost('longest gap for those who watch, until then', worstMs, 1_500, ' ms'),
      atMost('longest gap for those who watch, afterwards', await longestGap(), 1_000, ' ms'),
      exactly('the links still stand', await linkState(), 'yes'),
    ];
    async function longestGap(): Promise<number> {
      return Math.max(...(await lab.watchers.ask('figures', 'hall')).map((figures) => Math.max(figures.silentMs, figures.longestGapMs)));
    }
    async function linkState(): Promise<string> {
      return (await lab.api('us').call('GET', `/session/${track.remoteSessionId}/tracks`)).status === 200 ? 'yes' : 'no';
    }
  },
};
