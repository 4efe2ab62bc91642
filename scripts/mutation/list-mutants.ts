/** Lists all mutants below a path, and draws a sample of them. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '@causeway/testkit/seeded-random';
import { listLuaMutants } from './lua-mutants.ts';
import type { Mutant } from './mutant.ts';
import { listTypeScriptMutants } from './typescript-mutants.ts';

/**
 * The kernel is compiled before tests run, so a change to its source does nothing; contract suites and declarations are
 * tests and types.
 */
const NOT_MUTATED = /\/src\/(generated|srtp\/kernel)\/|-contract\.ts$|\.d\.ts$|\/index\.ts$/;

/** The source files below a path of the repository; for a package those in its `src`. */
export function listSourceFiles(root: string, path: string): string[] {
  if (statSync(join(root, path)).isFile()) return [path];
  const folder = /^packages\/[^/]+$/.test(path) ? `${path}/src` : path;
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name}`)
    .filter((file) => /\.(ts|lua)$/.test(file) && !NOT_MUTATED.test(file))
    .sort();
}

export function listMutants(root: string, files: readonly string[]): Mutant[] {
  return files.flatMap((file) => (file.endsWith('.lua') ? listLuaMutants(root, file) : listTypeScriptMutants(root, file)));
}

/** Draws without putting back: the same seed draws the same ones from the same list. */
export function drawSample(mutants: readonly Mutant[], count: number, seed: number): Mutant[] {
  const random = seededRandom(seed);
  const rest = [...mutants];
  const drawn: Mutant[] = [];
  while (drawn.length < count && rest.length > 0) drawn.push(...rest.splice(Math.floor(random() * rest.length), 1));
  return drawn;
}
