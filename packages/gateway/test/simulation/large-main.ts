/** Run by `scripts/simulate large`: many whole nodes with many sessions each, a restart of one of them, and a Redis that forgets everything. */
import { parseArgs } from 'node:util';
import { LargeWorld } from './large-world.ts';

const RESTART_BOUND_MS = 200;
const RESTORE_BOUND_MS = 60_000;

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '300' },
    regions: { type: 'string', default: '12' },
    sessions: { type: 'string', default: '3000' },
    'write-us': { type: 'string', default: '37' },
  },
});

function note(text: string): void {
  const { user, system } = process.cpuUsage();
  console.log(`${text} (${((user + system) / 1e6).toFixed(0)} s of CPU and ${(process.memoryUsage().rss / 1e9).toFixed(1)} GB so far)`);
}

async function run(): Promise<boolean> {
  const size = {
    nodes: Number(values.nodes),
    regions: Number(values.regions),
    sessionsPerNode: Number(values.sessions),
    writeUs: Number(values['write-us']),
  };
  const large = new LargeWorld(size);
  const linkedAfterMs = await large.start();
  note(`${size.nodes} nodes in ${size.regions} regions: all linked within ${linkedAfterMs / 1000} s`);
  await large.fill();
  note(`${size.sessionsPerNode} sessions at each`);
  const { restartedMs, mostMs, medianMs, idleMs } = await large.restart(Math.ceil(size.nodes / 2));
  note(
    `a node restarts: ${restartedMs.toFixed(0)} ms of CPU at itself (idle nodes use ${idleMs.toFixed(0)} ms), ${mostMs.toFixed(0)} ms at most and ${medianMs.toFixed(0)} ms in the median at the others`,
  );
  const { restoredAfterMs, missing, unknown, lostLeases } = await large.flush();
  note(
    `Redis is emptied: registry restored after ${restoredAfterMs / 1000} s, ${missing} sessions missing, ${unknown} unknown, ${lostLeases} leases lost`,
  );
  const isCheap = restartedMs < RESTART_BOUND_MS && mostMs < RESTART_BOUND_MS;
  return isCheap && restoredAfterMs < RESTORE_BOUND_MS && missing === 0 && unknown === 0 && lostLeases === 0;
}

process.exitCode = (await run()) ? 0 : 1;
