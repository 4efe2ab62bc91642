/** `npm run quality [-- --runs N] [scenario...]`: prints what a viewer in Chromium sees behind difficult paths, and fails where that is too little. */
import { parseArgs } from 'node:util';
import { type Measure, QUALITY_SCENARIOS } from './scenarios.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '1' }, trace: { type: 'boolean' }, help: { type: 'boolean' } },
});
const runs = Number(values.runs);
const unknown = positionals.filter((name) => !QUALITY_SCENARIOS.some((scenario) => scenario.name === name));
const usage = `npm run quality -- [--runs 1] [--trace] [${QUALITY_SCENARIOS.map(({ name }) => name).join(' ')}]\n`;
if (values.help === true) {
  process.stdout.write(usage);
  process.exit(0);
}
if (!Number.isInteger(runs) || runs < 1 || unknown.length > 0) {
  process.stderr.write(usage);
  process.exit(2);
}
for (const { name, what, run } of QUALITY_SCENARIOS) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  for (let round = 1; round <= runs; round++) {
    process.stdout.write(`${name}: ${what}${runs > 1 ? `, run ${round} of ${runs}` : ''}\n`);
    for (const measure of await run(values.trace === true ? (line) => process.stdout.write(`${line}\n`) : undefined)) {
      const isKept = keepsBound(measure);
      if (!isKept) process.exitCode = 1;
      process.stdout.write(`  ${isKept ? ' ' : '!'} ${measure.what.padEnd(40)} ${describe(measure)}\n`);
    }
  }
}

function keepsBound({ value, bound }: Measure): boolean {
  if (bound === undefined) return true;
  return 'atLeast' in bound ? value >= bound.atLeast : value <= bound.atMost;
}

function describe({ value, unit, bound }: Measure): string {
  const digits = unit === 'ms' || unit === 'lines' ? 0 : 1;
  const wanted = bound === undefined ? '' : 'atLeast' in bound ? ` (at least ${bound.atLeast})` : ` (at most ${bound.atMost})`;
  return `${value.toFixed(digits).padStart(8)}${unit === 'lines' ? '' : ` ${unit}`}${wanted}`;
}
