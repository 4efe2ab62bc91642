/** How commands are called: what `--help` prints after the name of one, and what an error about its arguments says. */

import { CONFIG_FILE_VARIABLE, OPTIONS, type Option } from './options.ts';
import { ConfigError } from './start-error.ts';

/** A command beside the daemon itself. */
export type CommandName = 'doctor' | 'books' | 'ledger';

const COMMANDS: Readonly<Record<CommandName, { readonly forms: readonly string[]; readonly about: string }>> = {
  doctor: {
    forms: ['causeway doctor [--from URL]... [--json]'],
    about: `Finds problems of the node that the environment describes: its machine, ports, Redis and books.
  --from URL  the address by which clients call the service, such as https://sfu.example.com, or
              stun:HOST:PORT of a node elsewhere; may be given several times
  --json      prints the findings as JSON

Exits with 1 if there is a problem.
`,
  },
  books: {
    forms: ['causeway books backup FILE', 'causeway books restore FILE'],
    about: `Copies the books that CAUSEWAY_BOOKS names to a file, also while nodes use them, or from a file into
empty books.
`,
  },
  ledger: {
    forms: ['causeway ledger verify FILE [AUTHORITY]'],
    about: `Checks an exported ledger without a node or the network. AUTHORITY is the public key that the
operator has published.
`,
  },
};

/** @returns undefined if there is no such command */
export function describeCommand(name: string): string | undefined {
  if (!isCommand(name)) return undefined;
  const { forms, about } = COMMANDS[name];
  return `${forms.join('\n')}\n\n${about}`;
}

/** Whether a program argument is the name of a command. */
export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

/** Returns the error for arguments that the command does not take. @param reason what is wrong with them, if it is more than that */
export function argumentsError(name: CommandName, reason?: string): ConfigError {
  const usage = `the command is ${COMMANDS[name].forms.map((form) => `"${form}"`).join(' or ')}; causeway ${name} --help says more`;
  return new ConfigError(reason === undefined ? usage : `${reason}; ${usage}`);
}

/** Returns the rows of the table in `docs/config.md`, one for each option, without the header. */
export function describeOptionsInMarkdown(): string[] {
  return Object.entries(OPTIONS).map(
    ([name, option]) => `| \`${option.variable}\` | \`${name}\` | ${option.kind.expected} | ${fallbackOf(option)} | ${option.meaning} |`,
  );
}

/** Returns the text that `--help` prints. */
export function describeUsage(): string {
  const entries = Object.values(OPTIONS).map((option) =>
    `  ${option.variable}\n      ${option.meaning}\n      ${option.kind.expected}; default: ${fallbackOf(option)}\n`.replaceAll('`', ''),
  );
  return `${[
    'Runs one node of the Causeway SFU. Other commands: doctor, books, ledger; each takes --help.\nEnvironment variables configure the node:\n',
    ...entries,
    `  ${CONFIG_FILE_VARIABLE}\n      Path of a JSON file with the same options and any number of apps; see docs/config.md\n`,
  ].join('\n')}`;
}

function fallbackOf({ fallback, fallbackText }: Option<unknown>): string {
  return fallbackText ?? String(fallback);
}
