import { setTimeout as sleep } from 'node:timers/promises';
import { Call } from './call.ts';
import { atMost, exactly, type Finding } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';
import { lossless } from './lossless.ts';
import type { Scenario } from './scenario.ts';

const GAP_WITHIN_MS = 1_000;
const FORGOTTEN_WITHIN_MS = 40_000;
/** Watchers whose consent has expired receive nothing after this time. */
const SILENT_WITHIN_MS = 35_000;
/** A track stops crossing to a region this long after the last viewer there has left. */
const STOPS_WITHIN_MS = 5_000;

/** Clients change their addresses, and clients disappear. */
export const roaming: Scenario = {
  name: 'roaming',
  covers: ['F20'],
  title: 'Clients change their address; clients vanish without saying so',
  async run(lab, thoroughness) {
    const call = await Call.open(lab, { name: 'talk', from: 'eu', to: { us: 4, ap: 2 } });
    await call.beginWindow();
    await lab.watchers.ask('move', 'talk@us');
    await sleep(3_000);
    const moved = await call.figures('us');
    const gapMs = Math.max(...moved.map(({ longestGapMs, silentMs }) => Math.max(longestGapMs, silentMs)));
    return [
      atMost('longest gap of those who moved to another port', gapMs, GAP_WITHIN_MS, ' ms'),
      ...lossless('for those who stayed', { ap: (await call.report()).ap ?? neverReported() }),
      ...(thoroughness === 'whole' ? await vanish(lab, call) : []),
    ];
  },
};

async function vanish(lab: Lab, call: Call): Promise<Finding[]> {
  const sessionIds = (await call.figures('us')).map(({ sessionId }) => sessionId);
  await lab.watchers.ask('vanish', 'talk@us');
  const us = lab.cluster.node('us');
  const sent = (): Promise<number> => us.metric('causeway_rtp_sent_packets_total');
  const isSilent = async (): Promise<boolean> => {
    const before = await sent();
    await sleep(1_000);
    return (await sent()) === before;
  };
  const isForgotten = async (): Promise<boolean> => {
    const listed = await lab.api('eu').sessionIds();
    return sessionIds.every((sessionId) => !listed.includes(sessionId));
  };
  const [silentMs, forgottenMs] = await Promise.all([
    timeUntil(isSilent, 2 * SILENT_WITHIN_MS),
    timeUntil(isForgotten, 2 * FORGOTTEN_WITHIN_MS),
  ]);
  await sleep(STOPS_WITHIN_MS);
  await lab.cluster.network.ask('takeTally');
  await sleep(2_000);
  const onLink = (await lab.cluster.network.ask('takeTally'))['eu>us']?.streams.length ?? 0;
  return [
    atMost('vanished: until their node sends them nothing', silentMs, SILENT_WITHIN_MS, ' ms'),
    atMost('vanished: until no list has them', forgottenMs, FORGOTTEN_WITHIN_MS, ' ms'),
    exactly('vanished: streams on the link to their region five seconds afterwards', onLink, 0),
  ];
}

function neverReported(): never {
  throw new Error('nobody watches in ap');
}
