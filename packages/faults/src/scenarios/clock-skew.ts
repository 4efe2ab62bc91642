import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Call } from './call.ts';
import { fakeClockEnvironment } from './fake-clock.ts';
import { atMost, exactly, type Finding } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';
import { lossless } from './lossless.ts';
import { isRegistryRight } from './registry-right.ts';
import type { Scenario } from './scenario.ts';

const RIGHT_WITHIN_MS = 10_000;
const LONGER_THAN_A_LEASE_MS = 8_000;
/** How far the clock is wrong, in minutes, one after the other while the node runs. */
const SKEWS = [
  { offset: '+1h', minutes: 60 },
  { offset: '-1h', minutes: -60 },
] as const;

/** Leases are counted by the clock of Redis, and ages by monotonic clocks, so a wrong wall clock does no harm. */
export const clockSkew: Scenario = {
  name: 'clock-skew',
  covers: ['F13'],
  title: "One node's wall clock is an hour ahead, and is then put back by two",
  async run(lab) {
    const folder = mkdtempSync(join(tmpdir(), 'causeway-clock-'));
    const clockFile = join(folder, 'offset');
    try {
      writeFileSync(clockFile, SKEWS[0].offset);
      const us = lab.cluster.node('us');
      await us.child.stop();
      await us.start(fakeClockEnvironment(clockFile));
      const call = await Call.open(lab, { name: 'talk', from: 'us', to: { eu: 2, us: 2, ap: 2 } });
      const findings: Finding[] = [];
      for (const { offset, minutes } of SKEWS) {
        await call.beginWindow();
        writeFileSync(clockFile, offset);
        findings.push(...(await live(lab, call, minutes)));
      }
      return findings;
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

async function live(lab: Lab, call: Call, minutes: number): Promise<Finding[]> {
  await sleep(LONGER_THAN_A_LEASE_MS);
  const date = new Date((await fetch(`${lab.cluster.node('us').plan.url}/healthz`)).headers.get('date') ?? 0);
  const statusOf = async (region: string, { track }: Call): Promise<number> =>
    (await lab.api(region).call('GET', `/session/${track.remoteSessionId}/tracks`)).status;
  const there = await Promise.all(['eu', 'ap'].map((region) => statusOf(region, call)));
  const other = await Call.open(lab, { name: `back-${minutes}`, from: 'eu', to: { us: 1 } });
  const back = await statusOf('us', other);
  const rightMs = await timeUntil(() => isRegistryRight(lab), 2 * RIGHT_WITHIN_MS);
  const when = `its clock is ${Math.abs(minutes)} minutes ${minutes > 0 ? 'ahead' : 'behind'}`;
  return [
    exactly(`${when}, as it says itself`, Math.round((date.getTime() - Date.now()) / 60_000), minutes),
    ...lossless(`${when}, for longer than a lease`, await call.report()),
    exactly(`${when}: calls passed on to it, and by it, were answered`, [...there, back].join(' '), '200 200 200'),
    atMost(`${when}: until the lists of all nodes are right`, rightMs, RIGHT_WITHIN_MS, ' ms'),
  ];
}
