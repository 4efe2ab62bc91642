/** Run by `scripts/simulate`: whole nodes from many seeds, a line for each; the first that fails is shortened. */
import { parseArgs } from 'node:util';
import { type Fault, shrinkFaults } from './fault-plan.ts';
import { describePlan, WorldSimulation } from './world-simulation.ts';

const MAX_SHRINKING = 40;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    'first-seed': { type: 'string', default: '1' },
    nodes: { type: 'string', default: '6' },
    minutes: { type: 'string', default: '1' },
  },
});
const [first, count, nodes] = [Number(values['first-seed']), Number(values.seeds), Number(values.nodes)];
const durationMs = Number(values.minutes) * 60_000;

const regions = Math.max(3, Math.ceil(nodes / 25));
// As few copies as reach all nodes of a region within three hops: places should be scarce.
const perRegion = Math.ceil(nodes / regions);
let maxFanOut = 3;
while (1 + maxFanOut + maxFanOut ** 2 < perRegion) maxFanOut++;

async function simulate(seed: number, faults?: readonly Fault[]) {
  const simulation = new WorldSimulation(seed, { nodes, regions, maxFanOut }, durationMs, faults);
  return { ...(await simulation.run()), faults: simulation.faults };
}

async function run(): Promise<number> {
  const startedAtMs = performance.now();
  let met = 0;
  for (let seed = first; seed < first + count; seed++) {
    const { broken, faults } = await simulate(seed);
    met += faults.length;
    if (broken === undefined) continue;
    console.log(`seed ${seed} of ${nodes} nodes, ${broken}`);
    const fewer = await shrinkFaults(faults, async (some) => (await simulate(seed, some)).broken !== undefined, MAX_SHRINKING);
    const { broken: shortest } = await simulate(seed, fewer);
    console.log(`of ${faults.length} faults these ${fewer.length} are enough (${shortest}):\n  ${describePlan(fewer)}`);
    console.log(`again: scripts/simulate --first-seed ${seed} --seeds 1 --nodes ${nodes} --minutes ${values.minutes}`);
    return 1;
  }
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(0);
  console.log(`${count} seeds from ${first}, ${nodes} nodes, ${values.minutes} min each, ${met} faults: nothing broken, in ${seconds} s`);
  return 0;
}

process.exitCode = await run();
