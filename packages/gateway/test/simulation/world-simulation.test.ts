/**
 * Whole nodes in virtual time: sessions, relays, registry, placement, calls between nodes and usage, over a model of Redis. Faults are drawn
 * from the seed in the name of the test. One that fails is shortened to those that matter, and fails again with
 * `scripts/simulate --first-seed 17 --seeds 1`.
 */

import { type Fault, shrinkFaults } from './fault-plan.ts';
import { LargeWorld } from './large-world.ts';
import { SimulatedWorld } from './simulated-world.ts';
import { describePlan, type Seen, WorldSimulation } from './world-simulation.ts';

const FIRST_SEED = Number(process.env.SIMULATE_FIRST_SEED ?? 1);
const SEEDS = Number(process.env.SIMULATE_SEEDS ?? 6);
const NODES = Number(process.env.SIMULATE_NODES ?? 6);
const MINUTES = Number(process.env.SIMULATE_MINUTES ?? 0.5);

const SIZE = { nodes: NODES, regions: 3, maxFanOut: 3 };
const MAX_SHRINKING = 24;

const total: Seen = { faults: 0, copies: 0, told: 0, passedCalls: 0, billedBytes: 0, heardEvents: 0, commands: 0 };

async function simulate(seed: number, faults?: readonly Fault[]) {
  const simulation = new WorldSimulation(seed, SIZE, MINUTES * 60_000, faults);
  return { ...(await simulation.run()), faults: simulation.faults };
}

test.each(Array.from({ length: SEEDS }, (_, index) => FIRST_SEED + index))(
  'a cluster keeps its promises whatever fails, seed %i',
  async (seed) => {
    const { broken, seen, faults } = await simulate(seed);
    if (broken !== undefined) {
      const fewer = await shrinkFaults(faults, async (some) => (await simulate(seed, some)).broken !== undefined, MAX_SHRINKING);
      const { broken: shortest } = await simulate(seed, fewer);
      throw new Error(
        `seed ${seed}, ${broken}\nof ${faults.length} faults these ${fewer.length} are enough (${shortest}):\n  ${describePlan(fewer)}`,
      );
    }
    for (const key of Object.keys(total) as (keyof Seen)[]) total[key] += seen[key];
  },
);

// Each of these once kept a second copy for ever, because places were taken by nodes that should have made room.
test.each([
  [8, 12],
  [104, 12],
  [121, 6],
])('a track comes into each region once where places are scarce, seed %i of %i nodes', async (seed, nodes) => {
  const { broken, seen } = await new WorldSimulation(seed, { ...SIZE, nodes }, 60_000).run();

  expect(broken).toBeUndefined();
  expect(seen.copies).toBeGreaterThan(1000);
});

// A root once moved to the route by the new root of another region, and every second back to the old one, for those behind it.
test('a track leaves a former root of a region on the way, though others rely on it, seed 1007170 of 9 nodes', async () => {
  const faults: readonly Fault[] = [{ atMs: 3_526, kind: 'deploy', nodeNo: 5, otherNo: 2, forMs: 1_084, strength: 0.59 }];

  const { broken } = await new WorldSimulation(1_007_170, { ...SIZE, nodes: 9 }, 60_000, faults).run();

  expect(broken).toBeUndefined();
});

// Its clients once waited for the reply of a dead node for ever, and their sessions were thought to live.
test('a client does not wait for a node that was killed while it was asked, seed 402656 of 10 nodes', async () => {
  const faults: readonly Fault[] = [
    { atMs: 40, kind: 'redis-silent', nodeNo: 4, otherNo: 8, forMs: 700, strength: 0.71 },
    { atMs: 600, kind: 'kill', nodeNo: 1, otherNo: 5, forMs: 5_300, strength: 0.26 },
  ];

  const { broken } = await new WorldSimulation(402_656, { ...SIZE, nodes: 10 }, 30_000, faults).run();

  expect(broken).toBeUndefined();
});

// A simulation in which nothing happens proves nothing.
test('every kind of trouble was really met', () => {
  expect(total.faults).toBeGreaterThan(2 * SEEDS);
  expect(total.copies).toBeGreaterThan(500 * SEEDS);
  expect(total.told).toBeGreaterThan(SEEDS);
  expect(total.passedCalls).toBeGreaterThan(3 * SEEDS);
  expect(total.heardEvents).toBeGreaterThan(20 * SEEDS);
  expect(total.billedBytes).toBeGreaterThan(1_000_000 * SEEDS);
});

/** How many commands one node sends Redis: until all have started together, and in a second while nothing happens. */
async function commandsOfOne(nodes: number): Promise<{ readonly starting: number; readonly idle: number }> {
  const onDefect = (error: unknown) => {
    throw error;
  };
  const world = new SimulatedWorld(1, { ...SIZE, nodes }, { onEvent: () => undefined, onNodeEnding: () => undefined, onDefect });
  await world.start();
  const starting = world.redis.commands / nodes;
  await world.clock.advance(10_000);
  const before = world.redis.commands;
  await world.clock.advance(20_000);
  return { starting, idle: (world.redis.commands - before) / nodes / 20 };
}

test('a node sends Redis as many commands in a large cluster as in a small one', async () => {
  const [small, large] = [await commandsOfOne(4), await commandsOfOne(12)];

  expect(small.idle).toBeLessThan(5);
  expect(large.idle).toBeCloseTo(small.idle, 1);
  expect(large.starting / small.starting).toBeLessThan(1.05);
});

// `scripts/simulate large` does the same with hundreds of nodes.
test('a node that restarts and a Redis that is emptied leave every listing complete and no lease lost', async () => {
  const large = new LargeWorld({ nodes: 6, regions: 3, sessionsPerNode: 150, writeUs: 37 });
  await large.start();
  await large.fill();

  await large.restart(2);
  const isLinkedAgain = large.areAllLinked();
  const { restoredAfterMs, ...outcome } = await large.flush();

  expect(isLinkedAgain).toBe(true);
  expect(restoredAfterMs).toBeLessThan(60_000);
  expect(outcome).toEqual({ missing: 0, unknown: 0, lostLeases: 0 });
});

test('a plan of faults is shortened to what is needed', async () => {
  const faults = Array.from(
    { length: 9 },
    (_, index): Fault => ({ atMs: index, kind: 'kill', nodeNo: 1, otherNo: 2, forMs: 1, strength: 0 }),
  );
  const fails = async (some: readonly Fault[]) => some.some(({ atMs }) => atMs === 3) && some.some(({ atMs }) => atMs === 7);

  const fewer = await shrinkFaults(faults, fails, 100);

  expect(fewer.map(({ atMs }) => atMs)).toEqual([3, 7]);
});
