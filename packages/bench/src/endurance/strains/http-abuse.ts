import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '@causeway/loadtest';
import { runAdversary } from '../adversary.ts';
import type { WatchedNode } from '../watched-node.ts';
import type { AbuserTask } from './abuser-main.ts';
import { ABUSER, ABUSES, type Abuse } from './abuses.ts';
import type { StatusCounts } from './raw-http.ts';
import type { Strain } from './strain.ts';

const SECONDS_EACH = 5;
const CALL_EVERY_MS = 50;
const MAX_OTHERS_P99_MS = 100;
const MAX_EVENT_LOOP_P99_MS = 50;

/** Tries what a caller who knows a secret may do to the HTTP port, while another app uses the node as usual. */
export const httpAbuse: Strain = {
  name: 'http-abuse',
  what: `one app abuses the API for ${SECONDS_EACH} s in each of ${ABUSES.length} ways, another uses it`,
  sparesOthers: true,
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

async function suffer(node: WatchedNode, { name, wanted, tolerated }: Abuse): Promise<string> {
  const task: AbuserTask = { abuse: name, url: node.address.url, seconds: SECONDS_EACH };
  const stopWatch = await node.watchEventLoop();
  const abused = runAdversary<StatusCounts>(new URL('./abuser-main.ts', import.meta.url), task);
  const others = callUntil(node, abused);
  const counts = await abused;
  const { failures, latenciesMs } = await others;
  const callP99Ms = quantile(latenciesMs, 0.99);
  const loop = await stopWatch();
  const areRepliesRight =
    wanted.every((status) => counts.has(status)) && [...counts.keys()].every((status) => [...wanted, ...tolerated, 'cut'].includes(status));
  const isBorne = failures === 0 && callP99Ms <= MAX_OTHERS_P99_MS && loop.p99Ms <= MAX_EVENT_LOOP_P99_MS;
  const seen = [...counts].map(([status, times]) => `${times} x ${status}`).join(', ');
  return [
    `${areRepliesRight && isBorne ? '' : '! '}${name}: ${seen}`,
    `event-loop delay p99 ${loop.p99Ms.toFixed(1)} ms, at most ${loop.maxMs.toFixed(1)} ms`,
    `the other app: ${latenciesMs.length} calls, ${failures} failed, p99 ${callP99Ms.toFixed(1)} ms`,
  ].join('; ');
}

/** What an app notices that has nothing to do with the abuse. */
async function callUntil(
  { address }: WatchedNode,
  end: Promise<unknown>,
): Promise<{ readonly failures: number; readonly latenciesMs: readonly number[] }> {
  const latenciesMs: number[] = [];
  let failures = 0;
  let isOver = false;
  void end.finally(() => {
    isOver = true;
  });
  while (!isOver) {
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
