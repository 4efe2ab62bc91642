/** `scripts/attacks [name...]` mounts the attacks against a live node, and prints what a call between other clients noticed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { runAdversary } from '../adversary.ts';
import { KernelDrops } from '../kernel-drops.ts';
import { RunningCall } from '../running-call.ts';
import { WatchedNode } from '../watched-node.ts';
import type { Attack, AttackReport } from './attack.ts';
import type { AttackTask } from './attacker-main.ts';
import { ATTACKS } from './attacks.ts';

const DURATION_MS = 10_000;
/** The packet path is compiled after this time. */
const RUN_IN_MS = 15_000;
const MAX_P99_MS = 10;
const MAX_LOST = 0;
const MAX_TRIES = 3;

/** What one try has shown, and what was wrong with it. */
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
/** `undefined` stands for the same time without an attack. */
let due: readonly (Attack | undefined)[] = [undefined, ...ATTACKS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))];
for (let round = 1; round <= MAX_TRIES && due.length > 0; round++) due = await suffer(due, round === MAX_TRIES);
if (due.length > 0) process.exitCode = 1;

/**
 * Mounts the attacks one after another on one node. Those that went wrong are mounted again on the next node: what an attack costs a node
 * it costs every node, even if only the first time, whereas a machine does not stand still every time.
 *
 * @returns those that went wrong
 */
function suffer(attacks: readonly (Attack | undefined)[], isLast: boolean): Promise<(Attack | undefined)[]> {
  return WatchedNode.with((node) =>
    RunningCall.beside(node.address, async (call) => {
      await call.during(() => sleep(RUN_IN_MS));
      const failed: (Attack | undefined)[] = [];
      for (const attack of attacks) {
        const { text, faults } = await tryOnce(node, call, attack);
        process.stdout.write(`${text}${faults.map((fault) => `     ${isLast ? '!' : 'will be tried again:'} ${fault}\n`).join('')}`);
        if (faults.length > 0) failed.push(attack);
      }
      return failed;
    }),
  );
}

async function tryOnce(node: WatchedNode, call: RunningCall, attack: Attack | undefined): Promise<Try> {
  const readCounts = () => Promise.all((attack?.counted ?? []).map((sample) => node.metric(sample)));
  const countsBefore = await readCounts();
  const drops = new KernelDrops(node.udpPort, call.pid);
  let outcome: AttackReport | undefined;
  const noticed = await call.during(async () => {
    outcome = attack === undefined ? await sleep(DURATION_MS, undefined) : await mount(node, call, attack);
  });
  const { atClients } = drops.stop();
  const counts = (await readCounts()).map((count, sample) => ({
    sample: attack?.counted[sample],
    rise: count - (countsBefore[sample] ?? 0),
  }));
  const lost = Math.max(0, noticed.lost - atClients);
  const faults = [
    ...(lost > MAX_LOST ? ['packets were lost'] : []),
    ...(noticed.corrupted > 0 ? ['packets were corrupted'] : []),
    ...(noticed.latencyP99Ms > MAX_P99_MS ? [`p99 was over ${MAX_P99_MS} ms`] : []),
    ...counts.flatMap(({ sample, rise }) => (rise > 0 ? [] : [`the node did not count ${sample}: the attack did not arrive`])),
    ...(outcome?.success === undefined ? [] : [outcome.success]),
  ];
  const text = [
    `${(attack?.name ?? 'none').padEnd(5)}${attack?.what ?? 'no attack'}\n     `,
    ...(outcome === undefined ? [] : [`${outcome.sent} ${outcome.unit ?? 'datagrams'} sent, `]),
    ...counts.map(({ sample, rise }) => `${sample?.replace(/^causeway_/, '')} rose by ${rise}, `),
    `call: ${noticed.sent} packets to each of 20, ${lost} lost (${atClients} at full sockets of clients), `,
    `p50 ${noticed.latencyP50Ms.toFixed(2)} ms, p99 ${noticed.latencyP99Ms.toFixed(2)} ms\n`,
  ];
  return { text: text.join(''), faults };
}

async function mount(node: WatchedNode, { track }: RunningCall, { name }: Attack): Promise<AttackReport> {
  const { address, udpPort } = node;
  const task: AttackTask = { name, address, udpPort, track, durationMs: DURATION_MS };
  return runAdversary<AttackReport>(new URL('./attacker-main.ts', import.meta.url), task);
}
