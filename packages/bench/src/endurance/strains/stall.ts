import { setTimeout as sleep } from 'node:timers/promises';
import type { Strain } from './strain.ts';

/** The last stall is longer than the time after which silent clients are closed, although the clients were not silent. */
const STALLS_MS = [1_000, 4_000, 10_000, 40_000];
const BETWEEN_MS = 3_000;

/** Suspends and resumes the process, as a live migration, a hanging disk or a debugger does. */
export const stall: Strain = {
  name: 'stall',
  what: `the node stands still for ${STALLS_MS.map((ms) => ms / 1000).join(', ')} s`,
  async exert(node) {
    const { pid } = (await node.liveObjects()).process;
    const lines: string[] = [];
    for (const stallMs of STALLS_MS) {
      const before = await sessions(node);
      process.kill(pid, 'SIGSTOP');
      await sleep(stallMs);
      process.kill(pid, 'SIGCONT');
      await sleep(BETWEEN_MS);
      const after = await sessions(node);
      const line = `after ${stallMs / 1000} s: ${after} of ${before} sessions are connected`;
      lines.push(after === before ? line : `! ${line}`);
    }
    return lines;
  },
};

function sessions(node: Parameters<Strain['exert']>[0]): Promise<number> {
  return node.metric('causeway_sessions{state="connected"}');
}
