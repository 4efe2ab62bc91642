/** Reads docs/operate/three-machines.md section by section, as commands to run and files to write. */

/** One code block of the guide. */
export type GuideStep =
  | { readonly kind: 'commands'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string; readonly mode: string; readonly group: string; readonly text: string };

export interface GuideSection {
  readonly title: string;
  readonly steps: readonly GuideStep[];
}

/** Values of the table at the head of the guide, with one list for each machine, in the same order. */
export type GuideColumns = ReadonlyMap<string, readonly string[]>;

/** The machine whose values the guide's commands and files contain. */
export const EXAMPLE_MACHINE = 'fra1';
/** Words in place of which the operator puts values. */
export const PLACEHOLDERS = ['REPOSITORY', 'REDIS_PASSWORD', 'CLUSTER_KEY', 'APP_SECRET', 'METRICS_TOKEN'] as const;

/** The first line of a file tells where the file belongs: `# /etc/causeway/causeway.env, mode 600`. */
const FILE_HEAD = /^# (?<path>\/\S+?)(?:, mode (?<mode>\d+))?(?:, group (?<group>[\w-]+))?\n/;

/**
 * Splits the guide into its sections.
 *
 * @throws Error – a block is in a language that the guide does not use, or a file without a path
 */
export function readGuide(markdown: string): readonly GuideSection[] {
  return markdown
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      title: section.slice(0, section.indexOf('\n')),
      steps: [...section.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => readStep(language, text)),
    }));
}

function readStep(language: string, text: string): GuideStep {
  if (language === 'sh') return { kind: 'commands', text };
  const { path, mode = '644', group = 'root' } = FILE_HEAD.exec(text)?.groups ?? {};
  if ((language !== 'conf' && language !== 'ini') || path === undefined) {
    throw new Error(`the guide has a block that is neither commands nor a file with its path in the first line:\n${text}`);
  }
  return { kind: 'file', path, mode, group, text: text.replace(FILE_HEAD, '') };
}

/** Reads the table whose columns are machines. @throws Error – there is no such table */
export function readColumns(markdown: string): GuideColumns {
  const rows = markdown
    .slice(0, markdown.indexOf('\n## '))
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const head = rows.findIndex((cells) => cells.includes(`\`${EXAMPLE_MACHINE}\``));
  const names = rows[head]?.slice(1).map((cell) => cell.replaceAll('`', ''));
  if (names === undefined) throw new Error('the guide has no table with a column for each machine');
  const body = rows.slice(head + 1).filter((cells) => cells.length === names.length + 1);
  return new Map(names.map((name, index) => [name, [name, ...body.map((cells) => cells[index + 1] ?? '')]]));
}

/** Replaces the values of the example machine by those of another, and the words that stand for secrets. */
export function fillIn(text: string, columns: GuideColumns, machine: string, words: Readonly<Record<string, string>>): string {
  const example = columns.get(EXAMPLE_MACHINE) ?? [];
  const own = columns.get(machine) ?? example;
  const values = new Map(example.map((value, index) => [value, own[index] ?? value]));
  const pattern = [...values.keys()].sort((one, other) => other.length - one.length).map((value) => value.replaceAll('.', '\\.'));
  return text
    .replaceAll(new RegExp(`(?<![\\w.-])(?:${pattern.join('|')})(?![\\w-])`, 'g'), (value) => values.get(value) ?? value)
    .replaceAll(new RegExp(`(?<![A-Z_])(?:${PLACEHOLDERS.join('|')})(?![A-Z_])`, 'g'), (word) => words[word] ?? word);
}

/** A command with the output that the guide expects: `curl …   # ready`. */
export interface ExpectedOutput {
  readonly command: string;
  readonly output: string;
}

/** Reads commands that are followed by their output as a comment. */
export function readExpectedOutputs(text: string): readonly ExpectedOutput[] {
  return text
    .split('\n')
    .map((line) => /^(?<command>\S.*?)\s+# (?<output>.+)$/.exec(line)?.groups)
    .filter((groups) => groups !== undefined)
    .map(({ command = '', output = '' }) => ({ command, output }));
}
