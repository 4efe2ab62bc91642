import { type Fault, shrinkFaults } from './fault-plan.ts';
import { describePlan } from './world-simulation.ts';

/** One simulation: what did not hold, if anything, and the faults that were met. */
export interface SeedResult {
  readonly broken: string | undefined;
  readonly faults: readonly Fault[];
}

export interface SeedRun {
  readonly first: number;
  readonly count: number;
  readonly nodes: number;
  readonly minutes: string;
  /** Whether seeds after one that fails are run too. */
  readonly goesOn: boolean;
  /** @param faults replace those that are drawn from the seed */
  readonly simulate: (seed: number, faults?: readonly Fault[]) => Promise<SeedResult>;
  readonly print: (text: string) => void;
}

const MAX_SHRINKING = 40;

/** Simulates seeds one after the other, and prints each that fails with the faults that are enough for it. @returns those seeds */
export async function runSeeds(run: SeedRun): Promise<readonly number[]> {
  const { first, count, nodes, minutes, goesOn, simulate, print } = run;
  const startedAtMs = performance.now();
  const failed: number[] = [];
  let met = 0;
  for (let seed = first; seed < first + count; seed++) {
    const { broken, faults } = await simulate(seed);
    met += faults.length;
    if (broken === undefined) continue;
    failed.push(seed);
    print(`seed ${seed} of ${nodes} nodes, ${broken}`);
    await printShortest(run, seed, faults);
    if (!goesOn) return failed;
  }
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(0);
  const outcome = failed.length === 0 ? 'nothing broken' : `${failed.length} broken (${failed.join(' ')})`;
  print(`${count} seeds from ${first}, ${nodes} nodes, ${minutes} min each, ${met} faults: ${outcome}, in ${seconds} s`);
  return failed;
}

async function printShortest({ nodes, minutes, simulate, print }: SeedRun, seed: number, faults: readonly Fault[]): Promise<void> {
  const fewer = await shrinkFaults(faults, async (some) => (await simulate(seed, some)).broken !== undefined, MAX_SHRINKING);
  const { broken } = await simulate(seed, fewer);
  print(`of ${faults.length} faults these ${fewer.length} are enough (${broken}):\n  ${describePlan(fewer)}`);
  print(`again: scripts/simulate --first-seed ${seed} --seeds 1 --nodes ${nodes} --minutes ${minutes}`);
}
