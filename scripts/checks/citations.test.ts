import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PROJECT_ROOT } from './run-node.ts';

const SOURCES = execFileSync('git', ['ls-files', '*.ts', '*.tsx', '*.lua'], { cwd: PROJECT_ROOT, encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((file) => existsSync(join(PROJECT_ROOT, file)));
const API_SECTIONS = new Set(
  [...readFileSync(join(PROJECT_ROOT, 'docs/api.md'), 'utf8').matchAll(/^## (\d+)\./gm)].map(([, number]) => number),
);

function linesOf(file: string): string[] {
  return readFileSync(join(PROJECT_ROOT, file), 'utf8').split('\n');
}

/** @returns whether a document that a comment names is in the project, from its root or from the file that names it */
function isFound(named: string, file: string): boolean {
  return [PROJECT_ROOT, join(PROJECT_ROOT, dirname(file))].some(
    (folder) => existsSync(join(folder, named)) || existsSync(join(folder, `${named}.md`)),
  );
}

test('comments cite documents of the project that exist', () => {
  const dead = SOURCES.flatMap((file) =>
    linesOf(file).flatMap((line) =>
      [...line.matchAll(/(?<![\w./-])docs\/[\w/.-]*\w/g)]
        .map(([named]) => named)
        // ADRs are cited by their number.
        .filter((named) => !isFound(named, file) && !/^docs\/adr\/\d{4}$/.test(named))
        .map((named) => `${file}: ${named}`),
    ),
  );

  expect(dead).toEqual([]);
});

test('comments cite ADRs that exist', () => {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'docs/adr'], {
    cwd: PROJECT_ROOT,
    encoding: 'utf8',
  });
  const cited = SOURCES.flatMap((file) =>
    linesOf(file).flatMap((line) => [...line.matchAll(/(?:ADR |docs\/adr\/)(\d{4})\b/g)].map(([, number = '']) => ({ file, number }))),
  );

  expect(cited.length).toBeGreaterThan(10);
  expect(cited.filter(({ number }) => !files.includes(`docs/adr/${number}-`))).toEqual([]);
});

test('comments cite sections of docs/api.md by numbers that it has', () => {
  const cited = SOURCES.flatMap((file) =>
    linesOf(file).flatMap((line) => [...line.matchAll(/([\w/]*)api\.md §(\d+)/g)].map(([, folder, number]) => ({ file, folder, number }))),
  );

  expect(cited.length).toBeGreaterThan(10);
  expect(cited.filter(({ folder, number }) => folder !== 'docs/' || !API_SECTIONS.has(number))).toEqual([]);
});
