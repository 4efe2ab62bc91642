import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '@causeway/loadtest';
import { Adversary } from '../adversary.ts';
import { EventLoopWatch } from '../event-loop-watch.ts';
import type { WatchedNode } from '../watched-node.ts';
import type { AbuserTask } from './abuser-main.ts';
import { ABUSER, ABUSES, type Abuse } from './abuses.ts';
import type { StatusCounts } from './raw-http.ts';
import type { Strain } from './strain.ts';

const SECONDS_EACH = 5;
const CALL_EVERY_MS = 50;
const MAX_OTHERS_P99_MS = 100;
const MAX_EVENT_LOOP_P99_MS = 50;

/** Everything that a caller who knows a secret may try against the HTTP port, while another app goes on using it. */
export const httpAbuse: Strain = {
  name: 'http-abuse',
  what: `one app abuses the API for ${SECONDS_EACH} s in each of ${ABUSES.length} ways, another uses it`,
  options() {
    const file = join(mkdtempSync(join(tmpdir(), 'causeway-')), 'config.json');
    writeFileSync(file, JSON.stringify({ apps: [{ id: ABUSER.id, secrets: [ABUSER.secret] }] }));
    return { CAUSEWAY_CONFIG: file };
  },
  async exert(node) {
    const lines: string[] = [];
    for (const abuse of ABUSES) lines.push(await suffer(node, abuse));
    return lines;
  },
};

async function suffer(node: WatchedNode, { name, expected }: Abuse): Promise<string> {
  const task: AbuserTask = { abuse: name, url: node.address.url, seconds: SECONDS_EACH };
  const abuser = new Adversary<StatusCounts>(new URL('./abuser-main.ts', import.meta.url), task);
  const watch = new EventLoopWatch(node);
  const others = callMeanwhile(node, performance.now() + 1000 * SECONDS_EACH);
  const counts = await abuser.report;
  const { failures, latenciesMs } = await others;
  const callP99Ms = quantile(latenciesMs, 0.99);
  const loopP99Ms = quantile(watch.stop(), 0.5);
  const areRepliesRight = [...counts.keys()].every((status) => status === 'cut' || expected.includes(status));
  const isBorne = failures === 0 && callP99Ms <= MAX_OTHERS_P99_MS && loopP99Ms <= MAX_EVENT_LOOP_P99_MS;
  const seen = [...counts].map(([status, times]) => `${times} x ${status}`).join(', ');
  return [
    `${areRepliesRight && isBorne ? '' : '! '}${name}: ${seen}`,
    `event-loop delay p99 ${loopP99Ms.toFixed(1)} ms`,
    `the other app: ${latenciesMs.length} calls, ${failures} failed, p99 ${callP99Ms.toFixed(1)} ms`,
  ].join('; ');
}

/** What an app notices that has nothing to do with it. */
async function callMeanwhile({ address }: WatchedNode, endMs: number): Promise<{ failures: number; latenciesMs: readonly number[] }> {
  const latenciesMs: number[] = [];
  let failures = 0;
  while (performance.now() < endMs) {
    const startedMs = performance.now();
    const headers = { Authorization: `Bearer ${address.secret}` };
    const response = await fetch(`${address.url}/api/sfu/${address.appId}/sessions`, { headers });
    await response.arrayBuffer();
    latenciesMs.push(performance.now() - startedMs);
    if (!response.ok) failures++;
    await sleep(CALL_EVERY_MS);
  }
  return { failures, latenciesMs };
}
