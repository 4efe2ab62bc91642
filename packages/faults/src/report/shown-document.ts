import type { Finding } from '../scenarios/finding.ts';
import { hasHeld, type Outcome } from '../scenarios/run-scenario.ts';

export interface ShownDocument {
  readonly outcomes: readonly Outcome[];
  readonly date: string;
  readonly machine: string;
  readonly command: string;
}

/** The figures of a run as a page of the documentation. */
export function writeShownDocument({ outcomes, date, machine, command }: ShownDocument): string {
  const held = outcomes.filter(hasHeld).length;
  return `# What a cluster was shown to do

Written by \`${command}\` on ${date}
(${machine}):
real daemons, a real Redis, lean clients that decrypt and check every byte, and a network with seeded bad luck, all on one machine.
${held} of ${outcomes.length} scenarios held. Each can be run alone: \`scripts/faults NAME\`; \`scripts/faults --help\` lists them.

F1 to F22 are the lines of the list of faults that the project was given. What is billed while things go wrong is compared with what the clients
received ([usage.md](usage.md)); the Redis of F4 keeps an append-only file. Not shown is, of F12, that a link with no way round it carries lower
layers, since what links carry is not limited yet.

${outcomes.map(describeOutcome).join('\n')}`;
}

function describeOutcome({ scenario, findings, failure, seconds }: Outcome): string {
  const rows = findings.map(({ what, seen, wanted, isMet }) => `| ${what} | ${seen} | ${wanted} | ${isMet ? 'yes' : '**no**'} |`);
  const table = rows.length === 0 ? '' : `\n| what | seen | wanted | held |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  const reason = failure === undefined ? '' : `\nIt could not be run to its end: ${failure.split('\n')[0]}\n`;
  return `## ${scenario.title}\n\n${scenario.covers.join('; ')}. \`scripts/faults ${scenario.name}\`, ${seconds} s.\n${table}${reason}`;
}

/** One line for a terminal. */
export function describeFinding({ what, seen, wanted, isMet }: Finding): string {
  return `  ${isMet ? 'ok ' : 'NOT'} ${what}: ${seen} (${wanted})`;
}
