/** Prints every import that breaks the directions between packages as `file:line: why`, and fails when there is one. */
import { resolve } from 'node:path';
import { checkBoundaries } from './boundaries/check.ts';

const root = resolve(process.argv[2] ?? resolve(import.meta.dirname, '..'));
const violations = checkBoundaries(root);
for (const { file, line, why } of violations) console.error(`${file}:${line}: ${why}`);
console.log(violations.length === 0 ? 'Boundaries: all imports point the right way.' : `Boundaries: ${violations.length} broken.`);
process.exitCode = violations.length === 0 ? 0 : 1;
