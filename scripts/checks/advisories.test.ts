/** An advisory names the tests that hold its fix: they must be there, under those names. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from './run-node.ts';

const FOLDER = join(PROJECT_ROOT, 'docs/security/advisories');
const SCENARIOS = join(PROJECT_ROOT, 'packages/faults/src/scenarios');
const ADVISORIES = readdirSync(FOLDER).filter((name) => name.startsWith('CAUSEWAY-'));
const HEADINGS = ['Impact', 'What an attacker needs', 'Cause', 'Workaround', 'Fix', 'Tests that hold it', 'How it was found'];

function readAdvisory(name: string): string {
  return readFileSync(join(FOLDER, name), 'utf8').replaceAll(/\n +/g, ' ');
}

/** The lines of the list under a heading, each with all that is indented below it. */
function listTests(text: string): string[] {
  const [, section = ''] = text.split('## Tests that hold it');
  return section.split('\n').filter((line) => line.startsWith('* '));
}

it('every advisory is in the list, and every one in the list is there', () => {
  const listed = [...readFileSync(join(FOLDER, 'README.md'), 'utf8').matchAll(/\]\((CAUSEWAY-[\d-]+\.md)\)/g)].map(([, name]) => name);

  expect(listed).toEqual(ADVISORIES);
  expect(readFileSync(join(PROJECT_ROOT, 'SECURITY.md'), 'utf8')).toContain('(docs/security/advisories/README.md)');
});

describe.each(ADVISORIES)('%s', (name) => {
  const text = readAdvisory(name);

  it('tells all that an operator has to know', () => {
    expect([...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual(HEADINGS);
    for (const row of ['Affected', 'Fixed in', 'Severity']) expect(text).toContain(`| ${row} | `);
  });

  it('names tests and scenarios that exist', () => {
    const missing: string[] = [];
    let named = 0;
    for (const line of listTests(text)) {
      const [, file] = /`(packages\/[^`]+\.test\.ts)`/.exec(line) ?? [];
      const source = file === undefined ? '' : readFileSync(join(PROJECT_ROOT, file), 'utf8');
      const titles = file === undefined ? [] : [...line.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title);
      missing.push(...titles.filter((title) => !source.includes(`'${title}'`)));
      const isScenario = line.includes('`scripts/faults ');
      const scenarios = isScenario
        ? [...line.matchAll(/`(?:scripts\/faults )?([a-z-]+(?:-\d)?(?:-[a-z]+)*)`/g)].map(([, scenario = '']) => scenario)
        : [];
      missing.push(...scenarios.filter((scenario) => !isScenarioName(scenario)));
      named += titles.length + scenarios.length + (file === undefined ? 0 : 1);
    }

    expect(missing).toEqual([]);
    expect(named).toBeGreaterThan(4);
  });
});

function isScenarioName(name: string): boolean {
  const sources = readdirSync(SCENARIOS, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return sources.some((file) => readFileSync(join(SCENARIOS, file), 'utf8').includes(`'${name}'`));
}
