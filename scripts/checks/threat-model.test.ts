import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from './run-node.ts';

const TEXT = readFileSync(join(PROJECT_ROOT, 'docs/security/threat-model.md'), 'utf8');
/** What stands in the last column of the tables of threats. */
const PROOFS = TEXT.slice(TEXT.indexOf('\n## A. '), TEXT.indexOf('\n## Against a live node'))
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.split(' | ').length === 3)
  .map((line) => line.slice(line.lastIndexOf(' | ') + 3))
  .filter((proof) => !proof.startsWith('proof'));
/** Nothing is done about two threats, and the model says so. */
const WITHOUT_PROOF = 2;

function named(pattern: RegExp): string[] {
  return PROOFS.flatMap((proof) => [...proof.matchAll(pattern)].map(([, name = '']) => name));
}

test('every threat has a proof', () => {
  const without = PROOFS.filter((proof) => !proof.includes('`'));

  expect(PROOFS.length).toBeGreaterThan(80);
  expect(without).toEqual(Array(WITHOUT_PROOF).fill('none |'));
});

test('every test that is a proof is there', () => {
  const tests = named(/`([a-z]+\/test\/[^`]+)`/g);

  const missing = tests.filter((path) => !existsSync(join(PROJECT_ROOT, 'packages', path)));

  expect(tests.length).toBeGreaterThan(100);
  expect(missing).toEqual([]);
});

test.each([
  ['faults', 'packages/faults/src/scenarios/**/*.ts'],
  ['strain', 'packages/bench/src/endurance/strains/*.ts'],
])('every name that scripts/%s takes as a proof is one that it knows', (script, sources) => {
  const known = globSync(sources, { cwd: PROJECT_ROOT }).map((file) => readFileSync(join(PROJECT_ROOT, file), 'utf8'));
  const names = named(new RegExp(`\`scripts/${script} ([a-z0-9 -]+)\``, 'g')).flatMap((list) => list.split(' '));

  const unknown = names.filter((name) => !known.some((text) => text.includes(`'${name}'`)));

  expect(names.length).toBeGreaterThan(0);
  expect(unknown).toEqual([]);
});
