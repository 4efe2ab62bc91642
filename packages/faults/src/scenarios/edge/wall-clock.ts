import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fakeClockEnvironment } from '../fake-clock.ts';
import { exactly, type Finding } from '../finding.ts';
import type { EdgeScenario } from '../scenario.ts';
import { EdgeCall, losslessCall } from './edge-call.ts';

const WATCHED_MS = 2_500;
const DAY_MS = 86_400_000;
const JUMPS = [
  { offset: '+1d', days: 1 },
  { offset: '-1d', days: -1 },
  { offset: '+0', days: 0 },
] as const;

/** Nothing on the path of a packet, a check or a handshake depends on the wall clock. */
export const wallClock: EdgeScenario = {
  place: 'edge',
  name: 'wall-clock',
  covers: ['E9'],
  title: 'The wall clock of a node jumps forwards by a day, back by two, and is set right',
  async run(lab) {
    const folder = await mkdtemp(join(tmpdir(), 'causeway-clock-'));
    const clockFile = join(folder, 'offset');
    try {
      await writeFile(clockFile, '+0');
      await lab.startNode({ environment: fakeClockEnvironment(clockFile) });
      const call = await EdgeCall.open(lab, { publishers: 1, watchers: 3 });
      const findings: Finding[] = [];
      for (const { offset, days } of JUMPS) {
        await call.beginWindow();
        await writeFile(clockFile, offset);
        await sleep(WATCHED_MS);
        const { dateMs = 0 } = await lab.inside('node').ask('fetchText', `${lab.node.address.url}/healthz`);
        findings.push(exactly(`the clock at ${offset}: days it is ahead, as it says`, Math.round((dateMs - Date.now()) / DAY_MS), days));
        findings.push(...(await losslessCall(`the clock at ${offset}`, call)));
        // One handshake is made under each clock.
        await lab.audience.ask('watch', { address: lab.node.address, tracks: call.tracks, count: 1 });
      }
      return [...findings, ...(await lab.verdict())];
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};
