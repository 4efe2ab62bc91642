import { parseArgs } from 'node:util';
import { SCENARIOS } from './scenarios/catalogue.ts';
import type { Scenario, Thoroughness } from './scenarios/scenario.ts';

export interface FaultsOptions {
  readonly scenarios: readonly Scenario[];
  readonly thoroughness: Thoroughness;
  readonly seed: number;
  /** The file to write the document to; undefined for none. */
  readonly outputPath: string | undefined;
  readonly isHelpWanted: boolean;
}

export const FAULTS_USAGE = `scripts/faults [scenario ...] [options]

Breaks a cluster of three regions in one way after another, and says what held. All scenarios when none is named:

${SCENARIOS.map(({ name, title }) => `  ${name.padEnd(16)} ${title}`).join('\n')}

  --short          as short as still tells something
  --seed 1         of everything that the network does by chance
  --output FILE    writes the figures as a document

Fails when anything was not as wanted.
`;

/** @throws RangeError, TypeError – an argument is unknown or invalid; the message is one line */
export function readFaultsOptions(commandLine: readonly string[]): FaultsOptions {
  const { values, positionals } = parseArgs({
    args: [...commandLine],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      short: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      output: { type: 'string' },
    },
  });
  return {
    scenarios: positionals.length === 0 ? SCENARIOS : positionals.map(scenarioNamed),
    thoroughness: values.short ? 'short' : 'whole',
    seed: readSeed(values.seed),
    outputPath: values.output,
    isHelpWanted: values.help,
  };
}

function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found === undefined)
    throw new RangeError(`There is no scenario "${name}"; there are ${SCENARIOS.map((scenario) => scenario.name).join(', ')}`);
  return found;
}

function readSeed(word: string): number {
  const seed = Number(word);
  if (!Number.isInteger(seed) || seed < 0) throw new RangeError(`--seed takes a whole number from 0, not "${word}"`);
  return seed;
}
