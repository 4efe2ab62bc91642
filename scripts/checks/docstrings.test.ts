/** Every symbol that a package exports to others says what its caller gets, and every docstring belongs to something. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { PROJECT_ROOT } from './run-node.ts';

const SHIPPED = ['accounts', 'client', 'cluster', 'gateway', 'media', 'protocol', 'secure', 'sfu', 'wire'] as const;
const DECLARATION = /^export (?:declare )?(?:abstract )?(?:async )?(?:const|function\*?|class|interface|type|let) (\w+)/gm;
const RE_EXPORT = /^export (?:type )?(?:\{([^}]*)\}|\*) from '(\.[^']+)';/gm;
/** A docstring before an empty line, another docstring, or the end of a block or file. */
const ORPHAN = /^[ \t]*\/\*\*(?:(?!\*\/)[\s\S])*?\*\/[ \t]*\n(?=[ \t]*(?:\n|\/\*\*|\}|$(?![\s\S])))/gm;

function read(file: string): string {
  return readFileSync(join(PROJECT_ROOT, file), 'utf8');
}

/** Names that an `export { a, type B, c as d }` makes known. */
function namesIn(list: string): string[] {
  return list
    .split(',')
    .map((item) => item.trim().replace(/^type /, ''))
    .filter((item) => item !== '');
}

/** Lists `file: name` for each exported symbol without a comment before its first declaration. */
function listUndocumented(file: string, wanted?: readonly string[]): string[] {
  const text = read(file);
  const declared = new Map<string, boolean>();
  for (const { 1: name = '', index } of text.matchAll(DECLARATION)) {
    // A schema and its type share a name; the first one tells.
    if (!declared.has(name)) declared.set(name, text.slice(0, index).trimEnd().endsWith('*/'));
  }
  const own = [...declared].filter(([name, isDocumented]) => !isDocumented && (wanted === undefined || wanted.includes(name)));
  const others = [...text.matchAll(RE_EXPORT)].flatMap(([, list, target = '']) => {
    const names = list === undefined ? wanted : namesIn(list).filter((name) => wanted === undefined || wanted.includes(name));
    return names?.length === 0 ? [] : listUndocumented(posix.join(dirname(file), target), names);
  });
  return [...own.map(([name]) => `${file}: ${name}`), ...others];
}

test.each(SHIPPED)('every export of %s has a docstring', (name) => {
  const face = `packages/${name}/src/index.ts`;
  expect(existsSync(join(PROJECT_ROOT, face))).toBe(true);

  expect(listUndocumented(face)).toEqual([]);
});

/** Lists `file:line` for each docstring that documents nothing. The first of a file may stand for the file. */
function listOrphans(file: string, text: string): string[] {
  return [...text.matchAll(ORPHAN)]
    .filter(({ index }) => !/^(?:#!.*)?\s*$/.test(text.slice(0, index)))
    .map(({ index }) => `${file}:${text.slice(0, index).split('\n').length}`);
}

test('every docstring stands directly before what it documents', () => {
  const listed = execFileSync('git', ['ls-files', '*.ts', '*.tsx', '*.js', '*.mjs'], { cwd: PROJECT_ROOT, encoding: 'utf8' });
  const files = listed.split('\n').filter((file) => file !== '' && existsSync(join(PROJECT_ROOT, file)));

  expect(files.length).toBeGreaterThan(1_000);
  expect(files.flatMap((file) => listOrphans(file, read(file)))).toEqual([]);
});

test.each([
  ['before an empty line', 'import a;\n\n/** Heads a section. */\n\nconst b = 1;\n', ['x.ts:3']],
  ['before another docstring', 'import a;\n\n/**\n * Heads a section.\n */\n/** Says it. */\nconst b = 1;\n', ['x.ts:3']],
  ['at the end of a file', 'import a;\n/** Heads nothing. */\n', ['x.ts:2']],
  ['of a file', '/** Says what the file is. */\n\nimport a;\n', []],
  ['of a declaration', 'import a;\n\n/** Says it. */\nconst b = 1;\n', []],
])('a docstring %s is told apart', (_where, text, expected) => {
  expect(listOrphans('x.ts', text)).toEqual(expected);
});
