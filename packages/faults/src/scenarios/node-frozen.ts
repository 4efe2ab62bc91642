import { setTimeout as sleep } from 'node:timers/promises';
import { Call } from './call.ts';
import { atMost, exactly, type Finding } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';
import { lossless } from './lossless.ts';
import { isRegistryRight } from './registry-right.ts';
import type { Scenario } from './scenario.ts';

/** A node that stood still for longer has lost its lease meanwhile. */
const LEASE_MS = 6_000;
const RECOVERED_WITHIN_MS = 5_000;
const RIGHT_WITHIN_MS = 10_000;
const FLOWING_MS = 250;

/** A machine that pauses, as virtual ones do, goes on where it was. */
export const nodeFrozen: Scenario = {
  name: 'node-frozen',
  covers: ['F17'],
  title: 'A node stands still (SIGSTOP) and goes on',
  async run(lab, thoroughness) {
    const durationsMs = thoroughness === 'whole' ? [1_000, 3_000, 10_000, 40_000] : [2_000, 9_000];
    const through = await Call.open(lab, { name: 'through', from: 'eu', to: { us: 3 } });
    const within = await Call.open(lab, { name: 'within', from: 'us', to: { us: 2, ap: 2 } });
    const elsewhere = await Call.open(lab, { name: 'elsewhere', from: 'ap', to: { eu: 3 } });
    const findings: Finding[] = [];
    for (const durationMs of durationsMs) findings.push(...(await freeze(lab, { through, within, elsewhere }, durationMs)));
    return findings;
  },
};

async function freeze(lab: Lab, calls: Readonly<Record<'through' | 'within' | 'elsewhere', Call>>, durationMs: number): Promise<Finding[]> {
  const what = `still for ${durationMs / 1000} s`;
  lab.note(what);
  const us = lab.cluster.node('us').child;
  await calls.elsewhere.beginWindow();
  us.signal('SIGSTOP');
  const startedAtMs = performance.now();
  const forgotten = durationMs > LEASE_MS ? await forgottenFinding(lab, what) : [];
  await sleep(Math.max(0, durationMs - (performance.now() - startedAtMs)));
  us.signal('SIGCONT');
  const isFlowing = async (): Promise<boolean> => {
    const figures = [...(await calls.through.figures('us')), ...(await calls.within.figures('us')), ...(await calls.within.figures('ap'))];
    return figures.every(({ silentMs }) => silentMs < FLOWING_MS);
  };
  await sleep(FLOWING_MS);
  const recoveredMs = FLOWING_MS + (await timeUntil(isFlowing, 4 * RECOVERED_WITHIN_MS, 50));
  const rightMs = await timeUntil(() => isRegistryRight(lab), 2 * RIGHT_WITHIN_MS);
  return [
    ...forgotten,
    atMost(`${what}: until all its media flows again, without anybody reconnecting`, recoveredMs, RECOVERED_WITHIN_MS, ' ms'),
    atMost(`${what}: from then until all nodes list what there is`, rightMs, RIGHT_WITHIN_MS, ' ms'),
    exactly(`${what}: the node still runs`, us.hasEnded ? `ended (${us.ending})` : 'yes', 'yes'),
    ...lossless(`${what}: between the others`, await calls.elsewhere.report()),
  ];
}

/** Its sessions cannot be reached: lists are not to promise them. */
async function forgottenFinding(lab: Lab, what: string): Promise<Finding[]> {
  const { nodeNo } = lab.cluster.node('us').plan;
  const isForgotten = async (): Promise<boolean> =>
    (await lab.api('eu').sessionIds()).every((sessionId) => !sessionId.startsWith(`session-${nodeNo}-`));
  return [atMost(`${what}: until its sessions are not listed`, await timeUntil(isForgotten, 2 * LEASE_MS), LEASE_MS + 1_000, ' ms')];
}
