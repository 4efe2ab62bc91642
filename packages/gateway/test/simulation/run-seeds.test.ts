import type { Fault } from './fault-plan.ts';
import { runSeeds } from './run-seeds.ts';

const HARMLESS: Fault = { atMs: 1_000, kind: 'pause', nodeNo: 1, otherNo: 2, forMs: 500, strength: 0.5 };
const HARMFUL: Fault = { ...HARMLESS, atMs: 2_000, kind: 'kill' };

/** Runs seeds 10 to 14, of which 11 and 13 fail. */
async function run(goesOn: boolean) {
  const simulated: number[] = [];
  const printed: string[] = [];
  const failed = await runSeeds({
    first: 10,
    count: 5,
    nodes: 6,
    minutes: '0.5',
    goesOn,
    simulate: async (seed, given) => {
      if (given === undefined) simulated.push(seed);
      const faults = given ?? [HARMLESS, HARMFUL];
      const isBroken = seed % 2 === 1 && faults.includes(HARMFUL);
      return { broken: isBroken ? 'after 3.0 s: a promise' : undefined, faults };
    },
    print: (text) => printed.push(text),
  });
  return { failed, simulated, text: printed.join('\n') };
}

test('a run of seeds ends with the first that fails, and prints what is enough for it', async () => {
  const { failed, simulated, text } = await run(false);

  expect([failed, simulated]).toEqual([[11], [10, 11]]);
  expect(text).toContain('of 2 faults these 1 are enough (after 3.0 s: a promise):\n  2.0 s kill 1 (2)');
  expect(text).toContain('again: scripts/simulate --first-seed 11 --seeds 1 --nodes 6 --minutes 0.5');
  expect(text).not.toContain('seeds from 10');
});

test('a run that goes on runs all seeds, and names each that failed', async () => {
  const { failed, simulated, text } = await run(true);

  expect([failed, simulated]).toEqual([
    [11, 13],
    [10, 11, 12, 13, 14],
  ]);
  expect(text).toContain('again: scripts/simulate --first-seed 13');
  expect(text).toContain('5 seeds from 10, 6 nodes, 0.5 min each, 10 faults: 2 broken (11 13)');
});
