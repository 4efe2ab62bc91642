/** `scripts/strain [--short] [name...]` shows what a node withstands, and what a call on it notices. */

import { stayBehind } from '../processes/precedence.ts';
import type { EventLoopDelay } from '../processes/probe-verbs.ts';
import { type CallReport, RunningCall } from './running-call.ts';
import { greedyApp } from './strains/greedy-app.ts';
import { httpAbuse } from './strains/http-abuse.ts';
import { joinRush } from './strains/join-rush.ts';
import { packetFlood } from './strains/packet-flood.ts';
import { serviceLoad } from './strains/service-load.ts';
import { stall } from './strains/stall.ts';
import type { Strain } from './strains/strain.ts';
import { WatchedNode } from './watched-node.ts';

const STRAINS: readonly Strain[] = [packetFlood, joinRush, httpAbuse, greedyApp, serviceLoad, stall];

const isShort = process.argv.includes('--short');
const wanted = process.argv.slice(2).filter((word) => word !== '--short');
const unknown = wanted.find((name) => !STRAINS.some((strain) => strain.name === name));
if (unknown !== undefined) {
  process.stderr.write(`There is no strain "${unknown}"; there are ${STRAINS.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}
for (const strain of STRAINS) if (wanted.length === 0 || wanted.includes(strain.name)) await run(strain);

async function run(strain: Strain): Promise<void> {
  process.stdout.write(`${strain.name}: ${strain.what}\n`);
  let lines: readonly string[] = [];
  let delay: EventLoopDelay | undefined;
  const report = await WatchedNode.with(
    (node) =>
      RunningCall.beside(node.address, (call) =>
        call.during(async () => {
          const stopWatch = await node.watchEventLoop();
          lines = await stayBehind(() => strain.exert(node, isShort));
          delay = await stopWatch();
        }),
      ),
    strain.options?.(),
    strain.spreadsThreads,
  );
  const call = describe(report);
  const isHeld = (!strain.sparesOthers || report.lost === 0) && report.latencyP99Ms <= (strain.maxLatencyP99Ms ?? Number.POSITIVE_INFINITY);
  const all = [...lines, describeDelay(delay), isHeld ? call : `! ${call}`];
  if (all.some((line) => line.startsWith('!'))) process.exitCode = 1;
  process.stdout.write(`${all.map((line) => `  ${line}\n`).join('')}\n`);
}

function describeDelay(delay: EventLoopDelay | undefined): string {
  const { p50Ms = Number.NaN, p99Ms = Number.NaN, maxMs = Number.NaN } = delay ?? {};
  return `event-loop delay: p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, at most ${maxMs.toFixed(1)} ms`;
}

function describe({ sent, lost, corrupted, latencyP50Ms, latencyP99Ms, latencyMaxMs }: CallReport): string {
  const [p50, p99, max] = [latencyP50Ms, latencyP99Ms, latencyMaxMs].map((ms) => ms.toFixed(1));
  return `a call of 20 subscribers: ${sent} packets to each, ${lost} lost, ${corrupted} corrupted; latency p50 ${p50} ms, p99 ${p99} ms, at most ${max} ms`;
}
