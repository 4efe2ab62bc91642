/** `scripts/attacks [name...]`: mounts the attacks against a live node, and says what a call between others noticed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Adversary } from '../adversary.ts';
import { KernelDrops } from '../kernel-drops.ts';
import { RunningCall } from '../running-call.ts';
import { WatchedNode } from '../watched-node.ts';
import type { Attack, AttackReport } from './attack.ts';
import type { AttackTask } from './attacker-main.ts';
import { ATTACKS } from './attacks.ts';

const DURATION_MS = 10_000;
/** Until the packet path is compiled. */
const RUN_IN_MS = 15_000;
const MAX_P99_MS = 10;
const MAX_LOST = 0;
const MAX_TRIES = 3;

/** What one try showed, and what was wrong with that. */
interface Try {
  readonly text: string;
  readonly faults: readonly string[];
}

const wanted = process.argv.slice(2).map((name) => name.toUpperCase());
const unknown = wanted.find((name) => !ATTACKS.some((attack) => attack.name === name));
if (unknown !== undefined) {
  process.stderr.write(`There is no attack "${unknown}"; there are ${ATTACKS.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}
await WatchedNode.with((node) =>
  RunningCall.beside(node.address, async (call) => {
    await call.during(() => sleep(RUN_IN_MS));
    await suffer(node, call, undefined);
    for (const attack of ATTACKS) if (wanted.length === 0 || wanted.includes(attack.name)) await suffer(node, call, attack);
  }),
);

/** One attack, or the same time without any; again if that went wrong, for what an attack costs it costs every time, and a machine that stands still does not. */
async function suffer(node: WatchedNode, call: RunningCall, attack: Attack | undefined): Promise<void> {
  for (let tries = 1; ; tries++) {
    const { text, faults } = await tryOnce(node, call, attack);
    const isLast = faults.length === 0 || tries === MAX_TRIES;
    if (isLast && faults.length > 0) process.exitCode = 1;
    process.stdout.write(`${text}${faults.map((fault) => `     ${isLast ? '!' : 'tried again:'} ${fault}\n`).join('')}`);
    if (isLast) return;
  }
}

async function tryOnce(node: WatchedNode, call: RunningCall, attack: Attack | undefined): Promise<Try> {
  const counter = `causeway_packets_dropped_total{reason="${attack?.counted}"}`;
  const countedBefore = await node.metric(counter);
  const drops = new KernelDrops(node.udpPort);
  let outcome: AttackReport | undefined;
  const noticed = await call.during(async () => {
    outcome = attack === undefined ? await sleep(DURATION_MS, undefined) : await mount(node, call, attack);
  });
  const dropped = drops.stop();
  const counted = (await node.metric(counter)) - countedBefore;
  const lost = Math.max(0, noticed.lost - dropped.atClients);
  const faults = [
    ...(lost > MAX_LOST ? ['packets were lost'] : []),
    ...(noticed.corrupted > 0 ? ['packets were corrupted'] : []),
    ...(noticed.latencyP99Ms > MAX_P99_MS ? [`p99 was over ${MAX_P99_MS} ms`] : []),
    ...(attack?.counted !== undefined && counted === 0 ? [`the node did not count ${attack.counted}`] : []),
    ...(outcome?.success === undefined ? [] : [outcome.success]),
  ];
  const text = [
    `${(attack?.name ?? 'none').padEnd(5)}${attack?.what ?? 'no attack'}\n     `,
    ...(outcome === undefined ? [] : [`${outcome.sent} ${outcome.unit ?? 'datagrams'} sent, `]),
    ...(attack?.counted === undefined ? [] : [`${counted} dropped as ${attack.counted}, `]),
    `call: ${noticed.sent} packets to each of 20, ${lost} lost (${dropped.atClients} at full sockets of clients), `,
    `p50 ${noticed.latencyP50Ms.toFixed(2)} ms, p99 ${noticed.latencyP99Ms.toFixed(2)} ms\n`,
  ];
  return { text: text.join(''), faults };
}

async function mount(node: WatchedNode, { track }: RunningCall, { name }: Attack): Promise<AttackReport> {
  const { address, udpPort } = node;
  const task: AttackTask = { name, address, udpPort, track, durationMs: DURATION_MS };
  return new Adversary<AttackReport>(new URL('./attacker-main.ts', import.meta.url), task).report;
}
