import { setTimeout as sleep } from 'node:timers/promises';
import { Call } from './call.ts';
import { atMost, exactly } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';
import { lossless } from './lossless.ts';
import type { Scenario } from './scenario.ts';

const DRAIN_SECONDS = 10;
/** One way between two of the regions, so that the route through the third is shorter. */
const DETOUR_DELAY_MS = 60;
const SETTLED_WITHIN_MS = 30_000;
const WINDOW_MS = 1_000;

/** A node that passes media on between others lets them find another route before it leaves. */
export const drainBetween: Scenario = {
  name: 'drain-between',
  covers: ['F19', 'Show: no media gap on nodes that do not drain'],
  title: 'A node that passes media on between two others drains',
  needs: { environment: { CAUSEWAY_DRAIN_SECONDS: String(DRAIN_SECONDS) } },
  async run(lab, thoroughness) {
    await lab.cluster.network.ask('impairLinks', { between: ['eu', 'us'], impairment: { delayMs: DETOUR_DELAY_MS } });
    const watchers = thoroughness === 'whole' ? 10 : 3;
    const call = await Call.open(lab, { name: 'talk', from: 'eu', to: { us: watchers } });
    // This session stays, so that the node has a reason not to end at once.
    await Call.open(lab, { name: 'stays', from: 'ap', to: { ap: 1 } });
    const aroundMs = await timeUntilThrough(lab, 'ap>us');
    await call.beginWindow();
    const ap = lab.cluster.node('ap').child;
    ap.signal('SIGTERM');
    const directMs = await timeUntilThrough(lab, 'eu>us');
    const hadEnded = ap.hasEnded;
    await ap.ended;
    await sleep(WINDOW_MS);
    return [
      atMost('until the track went through the third region', aroundMs, SETTLED_WITHIN_MS, ' ms'),
      atMost('until it took the direct way again, the third region draining', directMs, 1_000 * DRAIN_SECONDS, ' ms'),
      exactly('the draining node had ended by then', hadEnded ? 'yes' : 'no', 'no'),
      ...lossless('from before the drain until the node had ended', await call.report()),
      exactly('watchers that were told that the track had ended', await toldOfAnEnd(call), 0),
    ];
  },
};

async function toldOfAnEnd(call: Call): Promise<number> {
  return (await call.figures('us')).filter(({ goodbyes }) => goodbyes > 0).length;
}

/** @returns how long it takes from now until a track comes to us over this link and no other */
function timeUntilThrough(lab: Lab, link: string): Promise<number> {
  const isThrough = async (): Promise<boolean> => {
    await lab.cluster.network.ask('takeTally');
    await sleep(WINDOW_MS);
    const tally = await lab.cluster.network.ask('takeTally');
    return Object.entries(tally).every(([name, { streams }]) => !name.endsWith('>us') || streams.length > 0 === (name === link));
  };
  return timeUntil(isThrough, SETTLED_WITHIN_MS, 0);
}
