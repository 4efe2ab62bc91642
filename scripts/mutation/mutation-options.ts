/** Reads the command line of `scripts/mutate`. */
import { parseArgs } from 'node:util';

/** What `scripts/mutate` mutates without a path, and what docs/security/mutation.md has a score of. */
export const TARGETS = ['packages/media', 'packages/secure', 'packages/sfu/src/session', 'packages/cluster/lua', 'packages/accounts'];

export type MutationPlan =
  | { readonly type: 'named' }
  | {
      readonly type: 'sample';
      /** Folders or files, relative to the root of the repository. */
      readonly paths: readonly string[];
      readonly seed: number;
      /** Mutants tried for each path. */
      readonly maxMutants: number;
      /** For each path; those that are not tried by then are left out. */
      readonly maxMinutes: number;
    };

const DEFAULT_SAMPLE = 100;
const DEFAULT_MINUTES = 60;

/** @throws Error – an argument is not understood */
export function parseMutationPlan(commandLine: readonly string[]): MutationPlan {
  const { values, positionals } = parseArgs({
    args: [...commandLine],
    allowPositionals: true,
    options: { sample: { type: 'string' }, seed: { type: 'string' }, minutes: { type: 'string' }, all: { type: 'boolean' } },
  });
  if (positionals[0] === 'named') return { type: 'named' };
  const foreign = positionals.find((path) => !/^packages\/[a-z]/.test(path));
  if (foreign !== undefined) throw new Error(`"${foreign}" is neither "named" nor a path below packages/`);
  return {
    type: 'sample',
    paths: positionals.length > 0 ? positionals.map((path) => path.replace(/\/$/, '')) : TARGETS,
    seed: readCount('--seed', values.seed) ?? 1,
    maxMutants: values.all === true ? Number.POSITIVE_INFINITY : (readCount('--sample', values.sample) ?? DEFAULT_SAMPLE),
    maxMinutes: values.all === true ? Number.POSITIVE_INFINITY : (readCount('--minutes', values.minutes) ?? DEFAULT_MINUTES),
  };
}

function readCount(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) throw new Error(`${option} wants a whole number of at least 1, not "${text}"`);
  return count;
}
