/** `scripts/faults` breaks clusters in many ways, one after another, and prints what held. */
import { writeFileSync } from 'node:fs';
import { availableParallelism, release, type } from 'node:os';
import { FAULTS_USAGE, type FaultsOptions, readFaultsOptions } from './faults-options.ts';
import { describeFinding, writeShownDocument } from './report/shown-document.ts';
import { hasHeld, type Outcome, runScenario } from './scenarios/run-scenario.ts';

/** The exit code that shells report for a program that was interrupted. */
const EXIT_CODE_INTERRUPTED = 130;

async function runFaults({ scenarios, outputPath, ...options }: FaultsOptions): Promise<void> {
  const outcomes: Outcome[] = [];
  for (const scenario of scenarios) {
    process.stdout.write(`\n${scenario.name}: ${scenario.title} (${scenario.covers.join('; ')})\n`);
    const outcome = await runScenario(scenario, { ...options, note: (text) => process.stdout.write(`  ... ${text}\n`) });
    for (const finding of outcome.findings) process.stdout.write(`${describeFinding(finding)}\n`);
    if (outcome.failure !== undefined) process.stdout.write(`  NOT run to its end: ${outcome.failure}\n`);
    outcomes.push(outcome);
  }
  const held = outcomes.filter(hasHeld).length;
  process.stdout.write(`\n${held} of ${outcomes.length} scenarios held.\n`);
  if (held < outcomes.length) process.exitCode = 1;
  if (outputPath !== undefined) writeFileSync(outputPath, documentOf(outcomes));
}

function documentOf(outcomes: readonly Outcome[]): string {
  return writeShownDocument({
    outcomes,
    command: ['scripts/faults', ...process.argv.slice(2)].join(' '),
    date: new Date().toISOString().slice(0, 10),
    machine: `${availableParallelism()} cores, ${type()} ${release()}, Node ${process.version}`,
  });
}

function optionsOrExit(): FaultsOptions {
  try {
    return readFaultsOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${FAULTS_USAGE}`);
    process.exit(2);
  }
}

// A run that is told to end leaves nothing behind, because what must be removed is removed on `exit`.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(EXIT_CODE_INTERRUPTED));

const options = optionsOrExit();
if (options.isHelpWanted) process.stdout.write(FAULTS_USAGE);
else await runFaults(options);
process.exit();
