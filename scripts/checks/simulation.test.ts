import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MUTATIONS } from '../simulation/mutation-list.ts';
import { PROJECT_ROOT } from './run-node.ts';

test.each(Object.entries(MUTATIONS))('the mutation %s of the simulation changes one place', (_, { file, before, after }) => {
  const text = readFileSync(join(PROJECT_ROOT, file), 'utf8');

  expect(text.split(before)).toHaveLength(2);
  expect(after).not.toBe(before);
});
