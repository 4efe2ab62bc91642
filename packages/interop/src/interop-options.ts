import { parseArgs } from 'node:util';
import { CLIENT_NAMES, VIDEO_CODECS } from './clients/interop-client.ts';
import type { Plan } from './matrix/run-matrix.ts';

export interface InteropOptions extends Plan {
  /** Where the document goes; `undefined` writes none. */
  readonly outputPath: string | undefined;
  readonly isHelpWanted: boolean;
}

const DEFAULT_JOINS = '3';

export const USAGE = `scripts/interop [options]

Lets real WebRTC clients publish to and subscribe from each other through a Causeway node, and says how many joins succeeded.

Options:
  --joins ${DEFAULT_JOINS}              joins of each pair, in each codec (20 takes about a quarter of an hour)
  --publishers ${CLIENT_NAMES.join(',')}
  --subscribers ${CLIENT_NAMES.join(',')}
  --codecs ${VIDEO_CODECS.join(',')}    video codecs; Opus is always there
  --output FILE          writes the matrix to a Markdown file: docs/interop.md is made with --joins 20
  --install-only         installs the clients from Debian and ends
`;

/** @throws RangeError – with one clear line when an argument is unknown or makes no sense */
export function readInteropOptions(commandLine: readonly string[]): InteropOptions {
  const { values } = parseArgs({
    args: [...commandLine],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      joins: { type: 'string', default: DEFAULT_JOINS },
      publishers: { type: 'string', default: CLIENT_NAMES.join(',') },
      subscribers: { type: 'string', default: CLIENT_NAMES.join(',') },
      codecs: { type: 'string', default: VIDEO_CODECS.join(',') },
      output: { type: 'string' },
    },
  });
  const joins = Number(values.joins);
  if (!Number.isInteger(joins) || joins < 1) throw new RangeError(`--joins takes whole numbers from 1, not "${values.joins}"`);
  return {
    joins,
    publishers: listOf(values.publishers, CLIENT_NAMES, 'client'),
    subscribers: listOf(values.subscribers, CLIENT_NAMES, 'client'),
    codecs: listOf(values.codecs, VIDEO_CODECS, 'codec'),
    outputPath: values.output,
    isHelpWanted: values.help,
  };
}

/** In the order of `known`. */
function listOf<Word extends string>(words: string, known: readonly Word[], kind: string): Word[] {
  const wanted = words.split(',');
  const unknown = wanted.find((word) => !known.some((each) => each === word));
  if (unknown !== undefined) throw new RangeError(`There is no ${kind} "${unknown}"; there are ${known.join(', ')}`);
  return known.filter((word) => wanted.includes(word));
}
