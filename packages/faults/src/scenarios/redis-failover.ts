import { setTimeout as sleep } from 'node:timers/promises';
import { billedExactly } from './bill.ts';
import { Call } from './call.ts';
import { atMost, exactly, type Finding } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';
import { lossless } from './lossless.ts';
import { isRegistryRight } from './registry-right.ts';
import type { Scenario } from './scenario.ts';

/** Sentinel takes 3 s to be certain, and one or two to act. */
const KILLED_WITHIN_MS = 7_000;
/** A frozen master still has its connections, so nodes must first find out that these are dead. */
const FROZEN_WITHIN_MS = 10_000;
const RIGHT_WITHIN_MS = 10_000;

/** The master dies, or freezes, and Sentinel promotes the replica. */
export const redisKilledOver: Scenario = failover('killed', 'F5', KILLED_WITHIN_MS, (lab) => lab.watchedRedis.firstMaster.child.kill());
export const redisFrozenOver: Scenario = failover('frozen', 'F6', FROZEN_WITHIN_MS, async (lab) =>
  lab.watchedRedis.firstMaster.child.signal('SIGSTOP'),
);

function failover(how: string, line: string, limitMs: number, breakMaster: (lab: Lab) => Promise<void>): Scenario {
  return {
    name: `failover-${how}`,
    covers: [line, 'Show: Redis failed over by Sentinel'],
    title: `The master of Redis is ${how}; Sentinel promotes the replica`,
    needs: { redis: 'watched' },
    async run(lab) {
      const call = await Call.open(lab, { name: 'talk', from: 'eu', to: { eu: 1, us: 3, ap: 3 } });
      await call.beginWindow();
      const startedAtMs = performance.now();
      await breakMaster(lab);
      const writtenMs = await timeUntilWritten(lab, startedAtMs);
      const rightMs = await timeUntil(() => isRegistryRight(lab), 2 * RIGHT_WITHIN_MS);
      const reports = await call.report();
      return [
        ...lossless('during the fault', reports),
        atMost('until a new session is listed in another region', writtenMs, limitMs, ' ms'),
        atMost('from then until the lists of all nodes are right', rightMs, RIGHT_WITHIN_MS, ' ms'),
        ...(how === 'frozen' ? await thaw(lab) : []),
        await billedExactly(lab, ['talk']),
      ];
    },
  };
}

/** Resumes the old master, which believes for a moment that it still is one. None of that may be visible. */
async function thaw(lab: Lab): Promise<Finding[]> {
  lab.watchedRedis.firstMaster.child.signal('SIGCONT');
  await sleep(3_000);
  const rightMs = await timeUntil(() => isRegistryRight(lab), 2 * RIGHT_WITHIN_MS);
  return [
    atMost('until the lists of all nodes are right, after the old master came back', rightMs, RIGHT_WITHIN_MS, ' ms'),
    exactly('the port of the master', (await lab.watchedRedis.master()).port, lab.watchedRedis.replicas[0]?.port ?? 0),
  ];
}

/** @returns the time from `startedAtMs` until a session of one node is in the list of another */
async function timeUntilWritten(lab: Lab, startedAtMs: number): Promise<number> {
  let attempt = 0;
  await timeUntil(async () => {
    const group = `probe-${attempt++}`;
    const options = { packetsPerSecond: 10, packetBytes: 200 };
    const track = await lab.sources.ask('publish', { group, address: lab.address('ap'), options }).catch(() => undefined);
    if (track === undefined) return false;
    const listed = await lab
      .api('us')
      .sessionIds()
      .catch((): string[] => []);
    await lab.sources.ask('leave', group);
    return listed.includes(track.remoteSessionId);
  }, 30_000);
  return performance.now() - startedAtMs;
}
