/**
 * `npm run quality [-- --runs N] [--plots FOLDER] [--beside janus] [scenario...]` prints what a viewer in Chromium sees behind difficult
 * paths, draws it on request, and does the same through Janus. It fails if what Causeway shows is not good enough.
 */
import { parseArgs } from 'node:util';
import { describe, keepsBound, type Measure } from './measure.ts';
import { QUALITY_SCENARIOS } from './scenarios.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '1' },
    trace: { type: 'boolean' },
    switches: { type: 'string', default: '1000' },
    plots: { type: 'string' },
    beside: { type: 'string' },
    help: { type: 'boolean' },
  },
});
const runs = Number(values.runs);
const switches = Number(values.switches);
const unknown = positionals.filter((name) => !QUALITY_SCENARIOS.some((scenario) => scenario.name === name));
const usage = `npm run quality -- [--runs 1] [--trace] [--switches 1000] [--plots FOLDER] [--beside janus] [${QUALITY_SCENARIOS.map(({ name }) => name).join(' ')}]\n`;
if (values.help === true) {
  process.stdout.write(usage);
  process.exit(0);
}
if (
  !Number.isInteger(runs) ||
  runs < 1 ||
  !Number.isInteger(switches) ||
  switches < 2 ||
  unknown.length > 0 ||
  !['janus', undefined].includes(values.beside)
) {
  process.stderr.write(usage);
  process.exit(2);
}
const onTrace = values.trace === true ? (line: string) => process.stdout.write(`${line}\n`) : undefined;
for (const { name, what, isDrawn, run, runOnJanus } of QUALITY_SCENARIOS) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  if (values.plots !== undefined && !isDrawn) process.stdout.write(`${name} is not drawn: it has no path of one viewer\n`);
  for (let round = 1; round <= runs; round++) {
    process.stdout.write(`${name}: ${what}${runs > 1 ? `, run ${round} of ${runs}` : ''}\n`);
    const measures = await run({ onTrace, switches, plotFolder: values.plots });
    if (!print(measures)) process.exitCode = 1;
    if (values.beside === undefined) continue;
    process.stdout.write(runOnJanus === undefined ? `${name} is not tried with Janus\n` : `${name}, through Janus\n`);
    print((await runOnJanus?.()) ?? []);
  }
}

/** @returns whether all of them are within their bounds */
function print(measures: readonly Measure[]): boolean {
  for (const measure of measures) {
    process.stdout.write(`  ${keepsBound(measure) ? ' ' : '!'} ${measure.what.padEnd(40)} ${describe(measure)}\n`);
  }
  return measures.every(keepsBound);
}
