/** Run by `scripts/paths`: prints which seeds of which scenarios have failed, from the JSON report of a Jest run. */
import { readFileSync } from 'node:fs';
import { failingSeeds, type JestReport } from './failing-seeds.ts';

const [file = ''] = process.argv.slice(2);
const report: JestReport = JSON.parse(readFileSync(file, 'utf8'));
const failures = failingSeeds(report);
for (const { scenario, seeds } of failures) {
  process.stdout.write(`failed${seeds.length > 0 ? ` with seeds ${seeds.join(', ')}` : ''}: ${scenario}\n`);
}
process.stdout.write(`${report.numPassedTests} of ${report.numTotalTests} runs held\n`);
if (failures.length > 0 || report.numPassedTests === 0) process.exitCode = 1;
