import { hasHeld, runScenario, SCENARIOS } from '@causeway/faults';

/** Runs the short form of a scenario, and expects it to find everything as wanted. */
export async function scenarioHolds(wanted: string): Promise<void> {
  const scenario = SCENARIOS.find(({ name }) => name === wanted);
  if (scenario === undefined) throw new Error(`There is no scenario ${wanted}`);
  const notes: string[] = [];
  const outcome = await runScenario(scenario, { thoroughness: 'short', seed: 1, note: (text) => notes.push(text) });

  expect([outcome.failure, outcome.failure && notes]).toEqual([undefined, undefined]);
  expect(outcome.findings.filter(({ isMet }) => !isMet)).toEqual([]);
  expect(hasHeld(outcome)).toBe(true);
}
