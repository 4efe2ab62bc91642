import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from './run-node.ts';

const page = readFileSync(join(PROJECT_ROOT, 'docs/operate/limits.md'), 'utf8');

/** Rows of the form `| what | bound | \`constant\` in \`file\` | \`test\` |`. */
const ROWS = [...page.matchAll(/^\|([^|]+)\|[^|]+\| `([^`]+)` in `([^`]+)` \| `([^`]+)` \|$/gm)].map(
  ([, what = '', constant = '', file = '', test = '']) => ({ what: what.trim(), constant, file, test }),
);

test('docs/operate/limits.md lists the bounds', () => {
  const tables = page.split('\n').filter((line) => line.startsWith('| ') && line.includes('` in `'));

  expect(ROWS).toHaveLength(tables.length);
  expect(ROWS.length).toBeGreaterThan(40);
});

test.each(ROWS)('$what: $constant is in the source', ({ constant, file }) => {
  expect(readFileSync(join(PROJECT_ROOT, file), 'utf8')).toContain(constant);
});

test.each(ROWS)('$what: $test exists', ({ test: path }) => {
  expect(existsSync(join(PROJECT_ROOT, path))).toBe(true);
});
