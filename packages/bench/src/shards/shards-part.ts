/** `npm run bench -- shards` measures what worker threads gain and cost. */
import { availableParallelism } from 'node:os';
import type { BenchOptions } from '../bench-options.ts';
import type { Contestant, Load } from '../contestants/contestant.ts';
import { createSfuContestant } from '../contestants/sfu-contestant.ts';
import type { ForwardingSample } from '../measure/forwarding-window.ts';
import { measureInTurns } from '../measure/measure-in-turns.ts';
import { runRelays } from '../relays/relays-part.ts';
import { formatCount, formatSpread } from '../report/figures.ts';
import { microsPerPacket, ratiosByRound } from '../report/forwarding-report.ts';
import { formatTable, type Printer } from '../report/table.ts';
import { RunningBench } from '../running-bench.ts';
import { reportCrossing } from './report-crossing.ts';
import { measureSaturation } from './saturation.ts';
import { createSeparateCalls } from './separate-calls.ts';

const LOAD: Load = { packetsPerSecond: 250, packetBytes: 1200 };
const WARM_UP_MS = 1_000;
const RUN_IN_MS = 20_000;
const SUBSCRIBERS = 50;
/** The number of threads that carry media, by the name of the node. */
const NODES = { 'one thread': 1, 'two workers': 2 } as const;
type NodeName = keyof typeof NODES;
const NAMES = Object.keys(NODES) as NodeName[];
/**
 * A turn with half as many packets costs a thread as much, so there are scenes with the same load for each thread, and scenes with one call
 * for both. The last scene is what a node does with such a call by default.
 */
const SCENES = {
  'one thread': { workers: 1, calls: 'one for each', placing: 'in turns' },
  'two workers, a call on each': { workers: 2, calls: 'one for each', placing: 'in turns' },
  'two workers, one call over both': { workers: 2, calls: 'one over all', placing: 'in turns' },
  'two workers, one call where they put it': { workers: 2, calls: 'one over all', placing: 'by default' },
} as const;
type SceneName = keyof typeof SCENES;
const SCENE_NAMES = Object.keys(SCENES) as SceneName[];

/** Two workers and the main thread. */
const SATURATED_CORES = 3;
const LOAD_CORES = 4;
const CROWDS = 3;
const SATURATING = { ...LOAD, subscribersPerCall: 21, callsPerStep: 2, stepMs: 2_000, maxSteps: 50 };

export async function runShards(options: BenchOptions, printer: Printer): Promise<void> {
  await reportForwarding(options, printer);
  await reportCrossing(options, printer);
  await runRelays(options, printer);
  await reportSaturation(printer);
}

async function reportForwarding({ rounds, secondsPerWindow }: BenchOptions, { print, note }: Printer): Promise<void> {
  const samples = await RunningBench.with(async (bench) => {
    const nodes: Contestant<SceneName>[] = [];
    for (const name of SCENE_NAMES) nodes.push(await startScene(bench, name));
    const window = { warmUpMs: WARM_UP_MS, measureMs: 1000 * secondsPerWindow };
    return measureInTurns(nodes, { rounds, window, runInMs: RUN_IN_MS }, (name) => note(`forwarding: ${name}`));
  });
  print(
    `Workers: calls of 1 publisher, ${LOAD.packetsPerSecond} packets/s of ${LOAD.packetBytes} bytes, and ${SUBSCRIBERS} subscribers, ` +
      `all on one core; median (range) of ${rounds} x ${secondsPerWindow} s, in turns.\n\n${formatForwardingCosts(samples)}`,
  );
}

async function startScene(bench: RunningBench, name: SceneName): Promise<Contestant<SceneName>> {
  const { workers, calls, placing } = SCENES[name];
  const node = await bench.startWorkers(name, workers, placing);
  if (calls === 'one for each') return createSeparateCalls(node, LOAD, { shards: workers, subscribersEach: SUBSCRIBERS }, bench.load);
  const contestant = await createSfuContestant(node, LOAD, bench.load);
  await contestant.growTo(SUBSCRIBERS);
  return contestant;
}

function formatForwardingCosts(samples: ReadonlyMap<SceneName, readonly ForwardingSample[]>): string {
  const single = samples.get('one thread') ?? [];
  const rows = [...samples].map(([name, own]) => [
    name,
    formatSpread(own.map(microsPerPacket), 1),
    name === 'one thread' ? '1' : formatSpread(ratiosByRound(own, single), 2),
    formatCount(own.reduce((sum, { forwarded }) => sum + forwarded, 0)),
    formatCount(own.reduce((sum, { lost }) => sum + lost, 0)),
    formatCount(own.reduce((sum, { corrupted }) => sum + corrupted, 0)),
  ]);
  return formatTable(['node', 'CPU us/packet', 'x one thread', 'forwarded', 'lost', 'corrupted'], rows);
}

async function reportSaturation({ print, note }: Printer): Promise<void> {
  const cores = availableParallelism();
  if (cores < SATURATED_CORES + LOAD_CORES) {
    print(
      `Packets/s at saturation are not measured: that takes ${SATURATED_CORES} cores for the node and ${LOAD_CORES} for its load, and this ` +
        `machine has ${cores}. What can be shown here is above: what a packet costs with workers, each of which has a core's worth to spend.`,
    );
    return;
  }
  const reached = new Map<NodeName, number>();
  for (const name of NAMES) {
    note(`saturation: ${name}`);
    const { packetsPerSecond, calls } = await RunningBench.with(
      async (bench) => {
        const crowds = [bench.load.crowd, ...Array.from({ length: CROWDS - 1 }, (_, index) => bench.startLoad(`load crowd ${index + 2}`))];
        return measureSaturation(await bench.startWorkers(name, NODES[name]), SATURATING, bench.load.source, crowds);
      },
      undefined,
      SATURATED_CORES,
    );
    reached.set(name, packetsPerSecond);
    print(`Saturation, ${name}: ${formatCount(Math.round(packetsPerSecond))} packets/s forwarded, in ${calls} calls`);
  }
  print(
    `Two workers forward ${((reached.get('two workers') ?? 0) / (reached.get('one thread') ?? Number.NaN)).toFixed(2)} x what one thread does.`,
  );
}
