import { setTimeout as sleep } from 'node:timers/promises';
import { Call } from './call.ts';
import { atMost, exactly, type Finding } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';
import { lossless } from './lossless.ts';
import { isRegistryRight } from './registry-right.ts';
import type { Scenario } from './scenario.ts';

/** A node that stands still for longer than this loses its lease. */
const LEASE_MS = 6_000;
const RECOVERED_WITHIN_MS = 5_000;
const RIGHT_WITHIN_MS = 10_000;
const FLOWING_MS = 250;

interface Calls {
  /** Calls into the node that will stand still, within it, out of it, and between the other nodes. */
  readonly into: Call;
  readonly within: Call;
  readonly outOf: Call;
  readonly elsewhere: Call;
}

/** A machine that pauses, as virtual ones do, continues where it was. */
export const nodeFrozen: Scenario = {
  name: 'node-frozen',
  covers: ['F17'],
  title: 'A node is frozen (SIGSTOP) and resumes',
  async run(lab, thoroughness) {
    const durationsMs = thoroughness === 'whole' ? [1_000, 3_000, 10_000, 40_000] : [2_000, 9_000];
    const calls: Calls = {
      into: await Call.open(lab, { name: 'into', from: 'eu', to: { us: 3 } }),
      within: await Call.open(lab, { name: 'within', from: 'us', to: { us: 2 } }),
      outOf: await Call.open(lab, { name: 'out-of', from: 'us', to: { ap: 2 } }),
      elsewhere: await Call.open(lab, { name: 'elsewhere', from: 'ap', to: { eu: 3 } }),
    };
    const findings: Finding[] = [];
    for (const durationMs of durationsMs) findings.push(...(await freeze(lab, calls, durationMs)));
    return findings;
  },
};

async function freeze(lab: Lab, { into, within, outOf, elsewhere }: Calls, durationMs: number): Promise<Finding[]> {
  const what = `frozen for ${durationMs / 1000} s`;
  lab.note(what);
  const us = lab.cluster.node('us').child;
  await elsewhere.beginWindow();
  us.signal('SIGSTOP');
  const startedAtMs = performance.now();
  const forgotten = durationMs > LEASE_MS ? await forgottenFinding(lab, what) : [];
  await sleep(Math.max(0, durationMs - (performance.now() - startedAtMs)));
  us.signal('SIGCONT');
  await sleep(FLOWING_MS);
  const ownMs = FLOWING_MS + (await timeUntil(async () => (await isFlowing(into, 'us')) && (await isFlowing(within, 'us')), 20_000, 50));
  const outwards = await outwardsFinding(outOf, what);
  const rightMs = await timeUntil(() => isRegistryRight(lab), 2 * RIGHT_WITHIN_MS);
  return [
    ...forgotten,
    atMost(`${what}: until all clients of that node get media again, without reconnecting`, ownMs, RECOVERED_WITHIN_MS, ' ms'),
    ...outwards,
    atMost(`${what}: from then until the lists of all nodes are right`, rightMs, RIGHT_WITHIN_MS, ' ms'),
    exactly(`${what}: the node still runs`, us.hasEnded ? `ended (${us.ending})` : 'yes', 'yes'),
    ...lossless(`${what}: between the others`, await elsewhere.report()),
  ];
}

async function isFlowing(call: Call, region: string): Promise<boolean> {
  return (await call.figures(region)).every(({ silentMs }) => silentMs < FLOWING_MS);
}

/** Checks that lists do not contain the sessions of the frozen node, which cannot be reached. */
async function forgottenFinding(lab: Lab, what: string): Promise<Finding[]> {
  const { nodeNo } = lab.cluster.node('us').plan;
  const isForgotten = async (): Promise<boolean> =>
    (await lab.api('eu').sessionIds()).every((sessionId) => !sessionId.startsWith(`session-${nodeNo}-`));
  return [atMost(`${what}: until its sessions are not listed`, await timeUntil(isForgotten, 2 * LEASE_MS), LEASE_MS + 1_000, ' ms')];
}

/**
 * Checks that viewers of the node's tracks on other nodes either see them again, or were told that they have ended and may subscribe again.
 */
async function outwardsFinding(outOf: Call, what: string): Promise<Finding[]> {
  const isSettled = async (): Promise<boolean> =>
    (await outOf.figures('ap')).every(({ silentMs, goodbyes }) => silentMs < FLOWING_MS || goodbyes > 0);
  const settledMs = await timeUntil(isSettled, 20_000, 50);
  await outOf.leave('ap');
  const startedAtMs = performance.now();
  await outOf.join('ap', 2);
  return [
    atMost(
      `${what}: until all viewers of its tracks elsewhere get them again, or were told that they have ended`,
      settledMs,
      RECOVERED_WITHIN_MS,
      ' ms',
    ),
    atMost(`${what}: until viewers elsewhere who subscribe again get them`, performance.now() - startedAtMs, RECOVERED_WITHIN_MS, ' ms'),
  ];
}
