/**
 * Whole SFUs, their links and relays, in virtual time. What must hold at every moment is in `Simulation`; a seed that fails is in the name
 * of the test, and repeatable: `scripts/simulate --first-seed 17 --seeds 1`.
 */
import { Simulation, type SimulationSize, STEP_MS } from './simulation.ts';

const FIRST_SEED = Number(process.env.SIMULATE_FIRST_SEED ?? 1);
const SEEDS = Number(process.env.SIMULATE_SEEDS ?? 30);
const MINUTES = Number(process.env.SIMULATE_MINUTES ?? 1);
const NODES = Number(process.env.SIMULATE_NODES ?? 6);

const SIZE: SimulationSize = { nodes: NODES, regions: 3, maxFanOut: 3 };
const STEPS = (MINUTES * 60_000) / STEP_MS;

const total = { copies: 0, passedOn: 0, movedLegs: 0, unreachable: 0, restarts: 0 };

test.each(Array.from({ length: SEEDS }, (_, index) => FIRST_SEED + index))(
  'relays keep their promises while links fail, seed %i',
  async (seed) => {
    const simulation = await Simulation.start(seed, SIZE);
    await simulation.run(STEPS);
    await simulation.heal();
    const shown = simulation.shown();

    expect(await simulation.leftovers()).toEqual([]);
    expect(simulation.longestRouteToEarlier()).toBeLessThanOrEqual(4);
    expect(shown.filter((each) => each === undefined)).toEqual([]);
    for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += simulation.seen[key];
  },
);

// A simulation in which nothing happens proves nothing.
if (SEEDS >= 30)
  test('every kind of trouble was really met', () => {
    expect(total.copies).toBeGreaterThan(1000);
    expect(total.passedOn).toBeGreaterThan(100);
    expect(total.movedLegs).toBeGreaterThan(100);
    expect(total.unreachable).toBeGreaterThan(0);
    expect(total.restarts).toBeGreaterThan(10);
  });
