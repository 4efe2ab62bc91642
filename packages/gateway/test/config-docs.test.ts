import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeOptionsInMarkdown } from '../src/config/command-usage.ts';
import { loadConfig } from '../src/config/load-config.ts';

const page = readFileSync(join(__dirname, '../../../docs/config.md'), 'utf8');

test('docs/config.md has exactly one row for each option, in the order of the schema', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| `CAUSEWAY_'));

  expect(rows).toEqual(describeOptionsInMarkdown());
});

test('the config file that docs/config.md shows can be loaded', () => {
  const example = /```json\n([\s\S]+?)```/.exec(page)?.[1] ?? '';

  const config = loadConfig({ environment: { CAUSEWAY_CONFIG: 'example.json' }, readFile: () => example });

  expect(config.apps.map((app) => app.id)).toEqual(['demo', 'shop']);
});
