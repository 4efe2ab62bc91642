/** Which seeds of which scenarios have failed, as a JSON report of Jest tells it. */

/** What is read of a report. */
export interface JestReport {
  readonly numPassedTests: number;
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      /** `seed 7` is one of them where a scenario runs with many. */
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
    }[];
  }[];
}

export interface FailedScenario {
  readonly scenario: string;
  /** Empty for one that has no seeds, and for a file that could not be loaded. */
  readonly seeds: readonly number[];
}

const SEED = /^seed (\d+)$/;

/** Lists the scenarios that have failed, each with its seeds in ascending order. */
export function failingSeeds({ testResults }: JestReport): readonly FailedScenario[] {
  const failed = new Map<string, number[]>();
  for (const { name, message, assertionResults } of testResults) {
    if (assertionResults.length === 0) failed.set(`${name}: ${message.split('\n')[0] ?? ''}`, []);
    for (const { ancestorTitles, title, status } of assertionResults) {
      if (status !== 'failed') continue;
      const seeds = failed.get(title) ?? [];
      failed.set(title, [...seeds, ...ancestorTitles.flatMap((ancestor) => SEED.exec(ancestor)?.[1] ?? []).map(Number)]);
    }
  }
  return [...failed].map(([scenario, seeds]) => ({ scenario, seeds: seeds.sort((one, other) => one - other) }));
}
