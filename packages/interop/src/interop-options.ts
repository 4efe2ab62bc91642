import { parseArgs } from 'node:util';
import { CLIENT_NAMES, VIDEO_CODECS } from './clients/interop-client.ts';
import type { Plan } from './matrix/run-matrix.ts';

export interface InteropOptions extends Plan {
  /** The file of the document; if undefined, none is written. */
  readonly outputPath: string | undefined;
  readonly isHelpWanted: boolean;
}

const DEFAULT_JOINS = '3';
const DEFAULT_CALLS = '1';

export const USAGE = `scripts/interop [options]

Lets real WebRTC clients publish to and subscribe from each other through a Causeway node, and says how many joins succeeded.

Options:
  --joins ${DEFAULT_JOINS}              joins of each pair, in each codec (20 takes about a quarter of an hour)
  --calls ${DEFAULT_CALLS}              calls of each two clients that use one session for both directions, in each codec; 0 for none
  --publishers ${CLIENT_NAMES.join(',')}
  --subscribers ${CLIENT_NAMES.join(',')}
  --codecs ${VIDEO_CODECS.join(',')}    video codecs; Opus is always there
  --output FILE          writes the matrix to a Markdown file: docs/interop.md is made with --joins 20 --calls 5
  --install-only         installs the clients from Debian and ends
`;

/** @throws RangeError – with one clear line when an argument is unknown or makes no sense */
export function readInteropOptions(commandLine: readonly string[]): InteropOptions {
  const { values } = parseArgs({
    args: [...commandLine],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      joins: { type: 'string', default: DEFAULT_JOINS },
      calls: { type: 'string', default: DEFAULT_CALLS },
      publishers: { type: 'string', default: CLIENT_NAMES.join(',') },
      subscribers: { type: 'string', default: CLIENT_NAMES.join(',') },
      codecs: { type: 'string', default: VIDEO_CODECS.join(',') },
      output: { type: 'string' },
    },
  });
  return {
    joins: wholeNumber(values.joins, '--joins', 1),
    calls: wholeNumber(values.calls, '--calls', 0),
    publishers: listOf(values.publishers, CLIENT_NAMES, 'client'),
    subscribers: listOf(values.subscribers, CLIENT_NAMES, 'client'),
    codecs: listOf(values.codecs, VIDEO_CODECS, 'codec'),
    outputPath: values.output,
    isHelpWanted: values.help,
  };
}

function wholeNumber(word: string, option: string, least: number): number {
  const value = Number(word);
  if (!Number.isInteger(value) || value < least) throw new RangeError(`${option} takes whole numbers from ${least}, not "${word}"`);
  return value;
}

/** Returns the words that are listed, in the order of `known`. */
function listOf<Word extends string>(words: string, known: readonly Word[], kind: string): Word[] {
  const wanted = words.split(',');
  const unknown = wanted.find((word) => !known.some((each) => each === word));
  if (unknown !== undefined) throw new RangeError(`There is no ${kind} "${unknown}"; there are ${known.join(', ')}`);
  return known.filter((word) => wanted.includes(word));
}
