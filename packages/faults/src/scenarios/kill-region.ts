import { setTimeout as sleep } from 'node:timers/promises';
import { finallyUnbilledBytes, UNTOLD_AT_MOST_SECONDS } from './bill.ts';
import { Call } from './call.ts';
import { atLeast, atMost, exactly } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';
import { lossless } from './lossless.ts';
import type { Scenario } from './scenario.ts';

/** How long a lease lasts. */
const FORGOTTEN_WITHIN_MS = 6_000;
const TOLD_WITHIN_MS = 10_000;
const RESTARTED_WITHIN_MS = 6_000;
const LOAD = { packetsPerSecond: 60, packetBytes: 700 } as const;
const DEAD_WATCHERS = { into: 3, from: 2 } as const;
const DEAD_BYTES_PER_SECOND = (DEAD_WATCHERS.into + DEAD_WATCHERS.from) * LOAD.packetsPerSecond * LOAD.packetBytes;

/** A power cut in one region does not affect the others. */
export const killRegion: Scenario = {
  name: 'kill-region',
  covers: ['F1', 'F2', 'Show: kill -9 of one region under load'],
  title: 'kill -9 of one region under load',
  async run(lab) {
    const elsewhere = await Call.open(lab, { name: 'elsewhere', from: 'eu', to: { eu: 4, ap: 4 } });
    const intoTheDead = await Call.open(lab, { name: 'into', from: 'ap', to: { us: DEAD_WATCHERS.into }, ...LOAD });
    const fromTheDead = await Call.open(lab, { name: 'from', from: 'us', to: { us: DEAD_WATCHERS.from, eu: 3, ap: 3 }, ...LOAD });
    const doomed = fromTheDead.track.remoteSessionId;
    await elsewhere.beginWindow();

    const us = lab.cluster.node('us');
    await us.child.kill();
    const [forgottenMs, toldMs] = await Promise.all([timeUntilForgotten(lab, 'us'), timeUntilTold(fromTheDead)]);
    const orphan = await lab.api('eu').call('GET', `/session/${doomed}/tracks`);
    await sleep(2_000);
    const reports = await elsewhere.report();

    const restarted = performance.now();
    await us.start();
    const restartMs = performance.now() - restarted;
    const reborn = await Call.open(lab, { name: 'reborn', from: 'us', to: { eu: 1, ap: 1 } });
    await intoTheDead.join('eu', 1);
    await reborn.beginWindow();
    await sleep(1_500);
    const rebornReports = await reborn.report();
    for (const group of ['elsewhere', 'into', 'reborn']) await lab.sources.ask('pause', group);
    const untoldSeconds = (await finallyUnbilledBytes(lab)) / DEAD_BYTES_PER_SECOND;
    return [
      ...lossless('between the regions that live', reports),
      atMost('until no list has a session of the dead region', forgottenMs, FORGOTTEN_WITHIN_MS, ' ms'),
      atMost('until all viewers of the dead region were told', toldMs, TOLD_WITHIN_MS, ' ms'),
      exactly(
        'a call for a dead session is answered with one of',
        [404, 410, 502, 503].includes(orphan.status) ? 'a clear error' : orphan.status,
        'a clear error',
      ),
      atMost('until the node serves again when it is started again', restartMs, RESTARTED_WITHIN_MS, ' ms'),
      ...lossless('from the restarted region', rebornReports),
      atLeast('received from the dead node and never billed: at least', untoldSeconds, 0, ' s of media'),
      atMost('received from the dead node and never billed: at most', untoldSeconds, UNTOLD_AT_MOST_SECONDS, ' s of media'),
    ];
  },
};

/** Waits until the other nodes list no session of the region, whose ids begin with the node's number. */
async function timeUntilForgotten(lab: Lab, region: string): Promise<number> {
  const { nodeNo } = lab.cluster.node(region).plan;
  const others = lab.cluster.nodes.filter(({ plan }) => plan.name !== region).map(({ plan }) => lab.api(plan.name));
  const isForgotten = async (): Promise<boolean> => {
    const lists = await Promise.all(others.map((api) => api.sessionIds()));
    return lists.flat().every((sessionId) => !sessionId.startsWith(`session-${nodeNo}-`));
  };
  return timeUntil(isForgotten, 3 * FORGOTTEN_WITHIN_MS);
}

async function timeUntilTold(call: Call): Promise<number> {
  const isTold = async (): Promise<boolean> => {
    const figures = [...(await call.figures('eu')), ...(await call.figures('ap'))];
    return figures.every(({ goodbyes }) => goodbyes > 0);
  };
  return timeUntil(isTold, 3 * TOLD_WITHIN_MS);
}
