/** Run by `scripts/simulate`: whole nodes from many seeds. One that fails is shortened; it ends the run unless that is to go on. */
import { parseArgs } from 'node:util';
import type { Fault } from './fault-plan.ts';
import { runSeeds } from './run-seeds.ts';
import { WorldSimulation } from './world-simulation.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    'first-seed': { type: 'string', default: '1' },
    nodes: { type: 'string', default: '6' },
    minutes: { type: 'string', default: '1' },
    'keep-going': { type: 'boolean', default: false },
  },
});
const nodes = Number(values.nodes);
const durationMs = Number(values.minutes) * 60_000;

const regions = Math.max(3, Math.ceil(nodes / 25));
// As few copies as reach all nodes of a region within three hops: places should be scarce.
const perRegion = Math.ceil(nodes / regions);
let maxFanOut = 3;
while (1 + maxFanOut + maxFanOut ** 2 < perRegion) maxFanOut++;

const failed = await runSeeds({
  first: Number(values['first-seed']),
  count: Number(values.seeds),
  nodes,
  minutes: values.minutes,
  goesOn: values['keep-going'],
  simulate: async (seed: number, faults?: readonly Fault[]) => {
    const simulation = new WorldSimulation(seed, { nodes, regions, maxFanOut }, durationMs, faults);
    return { ...(await simulation.run()), faults: simulation.faults };
  },
  print: (text) => console.log(text),
});
process.exitCode = failed.length === 0 ? 0 : 1;
