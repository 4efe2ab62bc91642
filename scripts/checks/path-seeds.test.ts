import { failingSeeds, type JestReport } from '../path-seeds/failing-seeds.ts';

type Result = JestReport['testResults'][number]['assertionResults'][number];

function reportOf(message: string, ...assertionResults: readonly Result[]): JestReport {
  return { numPassedTests: 1, numTotalTests: 4, testResults: [{ name: 'paths.test.ts', message, assertionResults }] };
}

test('scripts/paths names each scenario that failed, with its seeds', () => {
  const result = (seed: number, title: string, status: string): Result => ({ ancestorTitles: [`seed ${seed}`], title, status });
  const report = reportOf(
    '',
    result(12, 'a narrow path', 'failed'),
    result(3, 'a narrow path', 'failed'),
    result(4, 'a narrow path', 'passed'),
    { ancestorTitles: [], title: 'one without seeds', status: 'failed' },
  );

  expect(failingSeeds(report)).toEqual([
    { scenario: 'a narrow path', seeds: [3, 12] },
    { scenario: 'one without seeds', seeds: [] },
  ]);
});

test('scripts/paths does not pass over a file that could not be loaded', () => {
  expect(failingSeeds(reportOf('Cannot find module\nand more'))).toEqual([{ scenario: 'paths.test.ts: Cannot find module', seeds: [] }]);
});
