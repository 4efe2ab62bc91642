/** `npm run bench -- cluster` measures what idle nodes cost each other, and starting all of them at once. */
import { cpus } from 'node:os';
import type { BenchOptions } from '../bench-options.ts';
import { withCluster } from '../relays/clustered-nodes.ts';
import { formatTable, type Printer } from '../report/table.ts';
import { RunningBench } from '../running-bench.ts';
import { type IdleCost, measureIdleCluster } from './idle-cluster.ts';

const IDLE_MS = 20_000;
const QUICK_IDLE_MS = 5_000;

export async function runCluster(
  { isQuick, clusterSizes }: Pick<BenchOptions, 'isQuick' | 'clusterSizes'>,
  { print, note }: Printer,
): Promise<void> {
  const idleMs = isQuick ? QUICK_IDLE_MS : IDLE_MS;
  // This node fills the compile cache (`COMPILE_CACHE` in `lab`), which is empty in a fresh checkout.
  note('cluster: a node that nothing is measured of');
  await RunningBench.with((bench) => withCluster(bench, (startMember) => startMember('first node')), undefined, cpus().length);
  const costs: IdleCost[] = [];
  for (const size of clusterSizes) {
    note(`cluster: ${size} nodes`);
    costs.push(await RunningBench.with((bench) => measureIdleCluster(bench, size, idleMs), undefined, cpus().length));
  }
  print(
    `Idle clusters: nodes in one region each, all started at once on ${cpus().length} cores. Datagrams are those of all nodes until 15 s after the last link was up; ` +
      `CPU, memory and datagrams/s are of one node, over ${idleMs / 1000} s in which nothing happens; beside the average is the most that one node used. ` +
      'Links missing is the most that were down at once after all had been up.',
  );
  print(formatTable(HEADINGS, costs.map(formatCost)));
}

const HEADINGS = [
  'nodes',
  'ready s',
  'CPU s to start',
  'linked s',
  'datagrams',
  'links missing',
  'CPU ms/s',
  'most',
  'RSS MB',
  'datagrams/s',
  'Redis commands/s',
];

function formatCost(cost: IdleCost): readonly string[] {
  return [
    String(cost.nodes),
    cost.readySeconds.toFixed(1),
    cost.startCpuSeconds.toFixed(2),
    cost.linkedSeconds.toFixed(1),
    String(cost.startDatagrams),
    String(cost.linksMissing),
    cost.cpuMsPerSecond.toFixed(1),
    cost.mostCpuMsPerSecond.toFixed(1),
    cost.residentMegabytes.toFixed(0),
    cost.datagramsPerSecond.toFixed(1),
    cost.redisCommandsPerSecond.toFixed(0),
  ];
}
