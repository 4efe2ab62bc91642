import { CONFIG_FILE_VARIABLE, OPTIONS, type Option } from './options.ts';

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
