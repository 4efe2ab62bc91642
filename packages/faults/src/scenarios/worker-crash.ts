import { setTimeout as sleep } from 'node:timers/promises';
import { evaluateInWorker } from '../processes/inspected-workers.ts';
import { Call } from './call.ts';
import { atLeast, atMost, exactly, type Finding } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';
import { isRegistryRight } from './registry-right.ts';
import type { Scenario } from './scenario.ts';

const CLOSED_WITHIN_MS = 6_000;
const JOINED_WITHIN_MS = 10_000;
const RIGHT_WITHIN_MS = 10_000;
const CALLS = 4;
const LOAD_KNOWN_AFTER_MS = 1_500;
/** The shard that has the links to other nodes, so that more is lost with it than with any other. */
const LINKED_SHARD = 'shard 0';
const LINKED_AGAIN_WITHIN_MS = 8_000;
/** The offset from a node's HTTP port, behind all other ports of a cluster. */
const INSPECTOR_OFFSET = 55;

/** A thread that crashes takes its own sessions with it, and no others. */
export const workerCrash: Scenario = {
  name: 'worker-crash',
  covers: ['F18'],
  title: 'One of two worker threads of a node crashes',
  async run(lab) {
    const us = lab.cluster.node('us');
    const inspectorPort = us.plan.httpPort + INSPECTOR_OFFSET;
    await us.child.stop();
    await us.start({ CAUSEWAY_WORKERS: '2', CAUSEWAY_WORKER_FILL_PERCENT: '0', NODE_OPTIONS: `--inspect=127.0.0.1:${inspectorPort}` });
    const calls: Call[] = [];
    for (let index = 0; index < CALLS; index++) {
      calls.push(await Call.open(lab, { name: `call-${index}`, from: 'us', to: { us: 2 } }));
      // Sessions go to the thread that did less recently, so the next call goes to the other one.
      await sleep(LOAD_KNOWN_AFTER_MS);
    }
    const abroad = await Call.open(lab, { name: 'abroad', from: 'eu', to: { us: 4 } });
    await timeUntil(() => isRegistryRight(lab), RIGHT_WITHIN_MS);
    const before = await lab.api('us').sessionIds();
    for (const call of calls) await call.beginWindow();
    await evaluateInWorker(inspectorPort, LINKED_SHARD, 'process.exit(13)');
    const closedMs = await timeUntil(async () => (await lab.api('us').sessionIds()).length < before.length, 2 * CLOSED_WITHIN_MS);
    await sleep(2_000);
    const left = new Set(await lab.api('us').sessionIds());
    const findings = [...(await survivors(calls, left)), ...(await survivorsOfAbroad(abroad, left))];
    return [
      atMost('until the sessions of the crashed thread were closed', closedMs, CLOSED_WITHIN_MS, ' ms'),
      atLeast(`sessions of ${before.length} that lived on`, left.size, 1),
      atMost(`sessions of ${before.length} that were closed`, before.length - left.size, before.length - 1),
      ...findings,
      exactly('the node still runs', us.child.hasEnded ? 'no' : 'yes', 'yes'),
      ...(await newCalls(lab)),
    ];
  },
};

/** Checks the watchers whose own session and whose publisher's were in the other thread. */
async function survivors(calls: readonly Call[], left: ReadonlySet<string>): Promise<Finding[]> {
  let watchers = 0;
  let silent = 0;
  let gapMs = 0;
  let duplicates = 0;
  for (const call of calls.filter(({ track }) => left.has(track.remoteSessionId))) {
    for (const figures of (await call.figures('us')).filter(({ sessionId }) => left.has(sessionId))) {
      watchers++;
      if (figures.silentMs > 1_000) silent++;
      gapMs = Math.max(gapMs, figures.longestGapMs);
      duplicates += figures.duplicates;
    }
  }
  return [
    atLeast('watchers that live, of publishers that live', watchers, 1),
    exactly('of them, those that get nothing any more', silent, 0),
    atMost('their longest gap', gapMs, 500, ' ms'),
    exactly('packets that they got twice', duplicates, 0),
  ];
}

/** Checks the watchers whose own session was in the other thread and whose publisher is on another node. */
async function survivorsOfAbroad(call: Call, left: ReadonlySet<string>): Promise<Finding[]> {
  const living = async () => (await call.figures('us')).filter(({ sessionId }) => left.has(sessionId));
  const flowsMs = await timeUntil(async () => (await living()).every(({ silentMs }) => silentMs < 500), 2 * LINKED_AGAIN_WITHIN_MS);
  return [
    atLeast('watchers that live, of a publisher on another node', (await living()).length, 1),
    atMost('from then until all of them get something again', flowsMs, LINKED_AGAIN_WITHIN_MS, ' ms'),
  ];
}

async function newCalls(lab: Lab): Promise<Finding[]> {
  const startedAtMs = performance.now();
  for (let index = 0; index < CALLS; index++) await Call.open(lab, { name: `new-${index}`, from: 'us', to: { us: 2 } });
  const joinedMs = performance.now() - startedAtMs;
  const rightMs = await timeUntil(() => isRegistryRight(lab), 2 * RIGHT_WITHIN_MS);
  return [
    atMost(`until ${CALLS} new calls had joined, over both threads`, joinedMs, JOINED_WITHIN_MS, ' ms'),
    atMost('from then until the lists of all nodes are right', rightMs, RIGHT_WITHIN_MS, ' ms'),
  ];
}
