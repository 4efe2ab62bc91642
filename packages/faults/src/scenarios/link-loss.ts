import { setTimeout as sleep } from 'node:timers/promises';
import { type Impairment, UNIMPAIRED } from '../network/impairment.ts';
import { Call } from './call.ts';
import { atLeast, atMost, exactly, type Finding } from './finding.ts';
import type { Lab } from './lab.ts';
import type { Scenario } from './scenario.ts';

const MAX_RESIDUAL_PERCENT = 0.1;

interface BadLink {
  readonly name: string;
  readonly impairment: Partial<Impairment>;
}

const BAD_LINKS: readonly BadLink[] = [
  { name: '2% loss', impairment: { lossRatio: 0.02 } },
  { name: '5% loss', impairment: { lossRatio: 0.05 } },
  { name: '5% loss, 150 ms round trip', impairment: { lossRatio: 0.05, delayMs: 75 } },
  { name: '3% reordered, 1% twice, 150 ms round trip', impairment: { reorderRatio: 0.03, duplicateRatio: 0.01, delayMs: 75 } },
  {
    name: '5% loss, 150 ms round trip, 30 ms jitter, 3% reordered, 1% twice',
    impairment: { lossRatio: 0.05, delayMs: 75, jitterMs: 30, reorderRatio: 0.03, duplicateRatio: 0.01 },
  },
];

/** The link repairs its own losses, and no viewer receives a packet twice. */
export const linkLoss: Scenario = {
  name: 'link-loss',
  covers: ['F11', 'Show: loss, delay, reordering and duplication on the relay link'],
  title: 'A slow link between regions that loses, reorders and duplicates packets',
  needs: { settledLinks: true },
  async run(lab, thoroughness) {
    const links = thoroughness === 'whole' ? BAD_LINKS : BAD_LINKS.slice(-1);
    const call = await Call.open(lab, { name: 'talk', from: 'eu', to: { us: 3 }, packetsPerSecond: 100, packetBytes: 1000 });
    const findings: Finding[] = [];
    for (const link of links) findings.push(...(await tryLink(lab, call, link, thoroughness === 'whole' ? 30_000 : 15_000)));
    return findings;
  },
};

async function tryLink(lab: Lab, call: Call, { name, impairment }: BadLink, durationMs: number): Promise<Finding[]> {
  lab.note(name);
  await lab.cluster.network.ask('impairLinks', { impairment: { ...UNIMPAIRED, ...impairment } });
  await sleep(1_000);
  await call.beginWindow();
  await lab.cluster.network.ask('takeTally');
  await sleep(durationMs);
  const { us } = await call.report();
  const wire = (await lab.cluster.network.ask('takeTally'))['eu>us'];
  await lab.cluster.network.ask('impairLinks', { impairment: UNIMPAIRED });
  if (us === undefined || wire === undefined) throw new Error('nobody watches in us');
  const lostOnWire = (100 * wire.lost) / wire.datagrams;
  return [
    atLeast(`${name}: lost on the link`, lostOnWire, (100 * (impairment.lossRatio ?? 0)) / 2, '%'),
    atMost(`${name}: lost by viewers (${us.lost} of ${us.expected})`, (100 * us.lost) / us.expected, MAX_RESIDUAL_PERCENT, '%'),
    exactly(`${name}: packets that arrived twice`, us.duplicates, 0),
    exactly(`${name}: corrupted`, us.corrupted, 0),
  ];
}
