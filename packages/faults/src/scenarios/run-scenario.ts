import { runUndisturbed } from '@causeway/interop';
import { EdgeLab } from './edge/edge-lab.ts';
import type { Finding } from './finding.ts';
import { Lab } from './lab.ts';
import type { Scenario, Thoroughness } from './scenario.ts';

export interface Outcome {
  readonly scenario: Scenario;
  readonly findings: readonly Finding[];
  /** Why the scenario did not run to its end. */
  readonly failure?: string;
  readonly seconds: number;
}

/** Whether everything was as wanted. */
export function hasHeld({ findings, failure }: Outcome): boolean {
  return failure === undefined && findings.length > 0 && findings.every(({ isMet }) => isMet);
}

/**
 * Runs a scenario in a lab of its own, and once more if the machine stood still. Never rejects, because a scenario that could not be run is
 * an outcome, too.
 */
export async function runScenario(
  scenario: Scenario,
  { thoroughness, seed, note }: { readonly thoroughness: Thoroughness; readonly seed: number; readonly note: (text: string) => void },
): Promise<Outcome> {
  const startedAtMs = performance.now();
  const secondsSoFar = (): number => Math.round((performance.now() - startedAtMs) / 1000);
  try {
    const run = () =>
      scenario.place === 'edge'
        ? EdgeLab.with({ seed, note }, (lab) => scenario.run(lab, thoroughness))
        : Lab.with({ seed, needs: scenario.needs ?? {}, note }, (lab) => scenario.run(lab, thoroughness));
    const { result: findings } = await runUndisturbed(run);
    return { scenario, findings, seconds: secondsSoFar() };
  } catch (error) {
    return { scenario, findings: [], failure: error instanceof Error ? error.message : String(error), seconds: secondsSoFar() };
  }
}
