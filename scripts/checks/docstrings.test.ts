/** Every symbol that a package exports to others says what its caller gets. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { PROJECT_ROOT } from './run-node.ts';

const SHIPPED = ['accounts', 'client', 'cluster', 'gateway', 'media', 'protocol', 'secure', 'sfu', 'wire'] as const;
const DECLARATION = /^export (?:declare )?(?:abstract )?(?:async )?(?:const|function\*?|class|interface|type|let) (\w+)/gm;
const RE_EXPORT = /^export (?:type )?(?:\{([^}]*)\}|\*) from '(\.[^']+)';/gm;

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
