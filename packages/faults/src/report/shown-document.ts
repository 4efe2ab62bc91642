import type { Finding } from '../scenarios/finding.ts';
import { hasHeld, type Outcome } from '../scenarios/run-scenario.ts';

export interface ShownDocument {
  readonly outcomes: readonly Outcome[];
  readonly date: string;
  readonly machine: string;
  readonly command: string;
}

/** Writes the figures of a run as a page of the documentation. */
export function writeShownDocument({ outcomes, date, machine, command }: ShownDocument): string {
  const held = outcomes.filter(hasHeld).length;
  return `# What a cluster was shown to do

Written by \`${command}\` on ${date}
(${machine}):
the daemons and Redis are real, the clients decrypt and check every byte, and the network between them loses, delays and reorders packets by
seeded chance. All of it runs on one machine.
${held} of ${outcomes.length} scenarios held. Each can be run alone: \`scripts/faults NAME\`; \`scripts/faults --help\` lists them.

F1 to F22 number the faults that a cluster is to survive. What is billed while things go wrong is compared with what the clients received
([usage.md](usage.md)); the Redis of F4 keeps an append-only file.

${outcomes.map(describeOutcome).join('\n')}`;
}

function describeOutcome({ scenario, findings, failure, seconds }: Outcome): string {
  const rows = findings.map(({ what, seen, wanted, isMet }) => `| ${what} | ${seen} | ${wanted} | ${isMet ? 'yes' : '**no**'} |`);
  const table = rows.length === 0 ? '' : `\n| what | seen | wanted | held |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  const reason = failure === undefined ? '' : `\nIt was not completed: ${failure.split('\n')[0]}\n`;
  return `## ${scenario.title}\n\n${scenario.covers.join('; ')}. \`scripts/faults ${scenario.name}\`, ${seconds} s.\n${table}${reason}`;
}

/** Returns one line for a terminal. */
export function describeFinding({ what, seen, wanted, isMet }: Finding): string {
  return `  ${isMet ? 'ok ' : 'NOT'} ${what}: ${seen} (${wanted})`;
}
