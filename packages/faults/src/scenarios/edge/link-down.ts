import { setTimeout as sleep } from 'node:timers/promises';
import { exactly, type Finding } from '../finding.ts';
import type { EdgeScenario } from '../scenario.ts';
import { EdgeCall, movingAgain } from './edge-call.ts';
import type { EdgeLab } from './edge-lab.ts';

const MOVING_WITHIN_MS = 2_000;
/** Sessions are `disconnected` after five seconds of silence, and closed after thirty-five. */
const DOWN_MS = { short: [3_000], whole: [3_000, 12_000] } as const;

/** While there is no route, nothing is sent (ENETUNREACH), and sessions wait. */
export const linkDown: EdgeScenario = {
  place: 'edge',
  name: 'link-down',
  covers: ['E6'],
  title: 'The only network interface of a node goes down for a while',
  async run(lab, thoroughness) {
    await lab.startNode();
    const call = await EdgeCall.open(lab, { publishers: 2, watchers: 4 });
    const findings: Finding[] = [];
    for (const downMs of DOWN_MS[thoroughness]) findings.push(...(await pullThePlug(lab, call, downMs)));
    return [...findings, ...(await lab.verdict())];
  },
};

async function pullThePlug(lab: EdgeLab, call: EdgeCall, downMs: number): Promise<Finding[]> {
  await call.beginWindow();
  await lab.room.setLink('down');
  await sleep(downMs);
  await lab.room.setLink('up');
  const recovery = await movingAgain(call, MOVING_WITHIN_MS);
  const { audio } = await call.report();
  return [
    exactly(`down for ${downMs} ms: the gap is as long`, audio.longestGapMs >= downMs - 100 ? 'yes' : 'no', 'yes'),
    ...recovery.map((finding) => ({ ...finding, what: `down for ${downMs} ms: ${finding.what}` })),
  ];
}
