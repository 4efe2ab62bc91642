import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawSample, listMutants, listSourceFiles } from '../mutation/list-mutants.ts';
import { applyMutant, describeMutant, type Mutant } from '../mutation/mutant.ts';
import { parseMutationPlan, TARGETS } from '../mutation/mutation-options.ts';
import { locateNamedMutant, NAMED_MUTANTS } from '../mutation/named-mutants.ts';
import { insertNotes, listScopes, scopesOf } from '../mutation/reach.ts';
import { PROJECT_ROOT } from './run-node.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mutation-test-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Each mutant of a source as the line that it makes of its line. */
function mutationsOf(name: string, source: string): string[] {
  writeFileSync(join(folder, name), source);
  return listMutants(folder, [name]).map((mutant) => lineWith(source, mutant));
}

function lineWith(source: string, mutant: Mutant): string {
  return applyMutant(Buffer.from(source), mutant).toString('utf8').split('\n')[mutant.line - 1]?.trim() ?? '';
}

describe('mutants of TypeScript', () => {
  it('change what is compared, computed, decided and left out, each in one place', () => {
    const source = 'export function f(a: number): boolean {\n  if (a <= 3) return false;\n  return a === 100 && !g(a);\n}\n';

    expect(mutationsOf('f.ts', source)).toEqual([
      'if (true) return false;',
      'if (false) return false;',
      'if (a < 3) return false;',
      'if (a <= 4) return false;',
      'if (a <= 3) return true;',
      'return a !== 100 && !g(a);',
      'return a === 200 && !g(a);',
      'return a === 100 || !g(a);',
      'return a === 100 && g(a);',
    ]);
  });

  it('leave out calls, assignments and refusals', () => {
    const source = 'function f() {\n  count();\n  this.size = x;\n  if (x) return;\n  throw new Error("no");\n}\n';

    expect(mutationsOf('f.ts', source)).toEqual([';', ';', 'if (true) return;', 'if (false) return;', 'if (x) ;', ';']);
  });

  it('leave types, imports and strings as they are', () => {
    const source = "import type { A } from './a.ts';\ntype Size = 1 | 2;\nexport const name: Size | A | 'x < y' = 'a < b';\n";

    expect(mutationsOf('types.ts', source)).toEqual([]);
  });

  it('lie where they belong behind letters of several bytes', () => {
    expect(mutationsOf('umlaut.ts', '/** Größe … */\nexport const SIZE = 7;\n')).toEqual(['export const SIZE = 8;']);
  });
});

describe('mutants of Lua', () => {
  it('change conditions and numbers and leave out commands, and leave comments and strings as they are', () => {
    const source = "-- 1 == 2\nif a == 'x < 1' and not b then\n  redis.call('DEL', KEYS[1])\nend\n";

    expect(mutationsOf('script.lua', source)).toEqual([
      'if true then',
      'if false then',
      "if a ~= 'x < 1' and not b then",
      "if a == 'x < 1' or not b then",
      "if a == 'x < 1' and  b then",
      '',
      "redis.call('DEL', KEYS[2])",
    ]);
  });
});

it('a mutant is told with its place, the line before and the line after', () => {
  const source = Buffer.from('const a = 1;\nconst b = 2;\n');

  expect(describeMutant(source, { file: 'x.ts', line: 2, start: 23, end: 24, replacement: '3' })).toBe(
    'x.ts:2\n      - const b = 2;\n      + const b = 3;',
  );
});

describe('a sample', () => {
  const mutants = Array.from({ length: 50 }, (_, line) => ({ file: 'x.ts', line, start: 0, end: 0, replacement: '' }));

  it('is the same for the same seed, and has nothing twice', () => {
    const lines = drawSample(mutants, 20, 5).map(({ line }) => line);

    expect(drawSample(mutants, 20, 5).map(({ line }) => line)).toEqual(lines);
    expect(new Set(lines).size).toBe(20);
    expect(drawSample(mutants, 20, 6).map(({ line }) => line)).not.toEqual(lines);
  });

  it('is everything if more is asked for than there is', () => {
    expect(drawSample(mutants, Number.POSITIVE_INFINITY, 1)).toHaveLength(50);
  });
});

describe('which tests reach a mutant', () => {
  const SOURCE = [
    'const LIMIT = 3;',
    'export const SHARED = 5;',
    'export function isOver(count: number) {',
    '  return count > LIMIT;',
    '}',
    'export class Meter {',
    '  #count = 0;',
    '  add() {',
    '    this.#count += 1;',
    '  }',
    '}',
    '',
  ].join('\n');

  function linesOfScopes(text: string): string[] {
    writeFileSync(join(folder, 'meter.ts'), SOURCE);
    const source = Buffer.from(SOURCE);
    const scopes = listScopes(folder, 'meter.ts');
    const start = source.indexOf(text);
    const mutant = { file: 'meter.ts', line: 1, start, end: start + text.length, replacement: '' };
    return scopesOf(mutant, scopes, source).map((scope) => (scope.start === 0 ? 'file' : SOURCE.slice(scope.start, scope.end).trim()));
  }

  it('is told by the innermost function around it', () => {
    expect(linesOfScopes('> LIMIT')).toEqual(['{\n  return count > LIMIT;\n}']);
    expect(linesOfScopes('+= 1')).toEqual(['{\n    this.#count += 1;\n  }']);
  });

  it('is told by the functions that name a constant of the file, and for all other code by the file', () => {
    expect(linesOfScopes('3')).toEqual(['{\n  return count > LIMIT;\n}']);
    expect(linesOfScopes('5')).toEqual(['file']);
    expect(linesOfScopes('0')).toEqual(['file']);
  });

  it('is noted by a statement at the beginning of each function and at the end of the file', () => {
    writeFileSync(join(folder, 'meter.ts'), SOURCE);
    const scopes = listScopes(folder, 'meter.ts');
    const noted = insertNotes(Buffer.from(SOURCE), scopes, new Map(scopes.map((scope, number) => [scope, number]))).toString('utf8');

    expect(noted.match(/mutationReach\?\.add\(\d\)/g)).toEqual([1, 2, 0].map((number) => `mutationReach?.add(${number})`));
    expect(noted).toMatch(/isOver\(count: number\) \{\nglobalThis/);
    expect(noted.replaceAll(/\n?globalThis\.mutationReach.*\n/g, '')).toBe(SOURCE);
  });
});

describe('scripts/mutate', () => {
  it('takes paths, sizes and seeds, and nothing that it does not understand', () => {
    expect(parseMutationPlan(['named'])).toEqual({ type: 'named' });
    expect(parseMutationPlan([])).toMatchObject({ type: 'sample', paths: TARGETS, seed: 1, maxMutants: 100 });
    expect(parseMutationPlan(['packages/media/', '--sample', '7', '--seed', '2', '--minutes', '3'])).toEqual({
      type: 'sample',
      paths: ['packages/media'],
      seed: 2,
      maxMutants: 7,
      maxMinutes: 3,
    });
    for (const commandLine of [['media'], ['packages/media', '--sample', '0'], ['--speed', '1']]) {
      expect(() => parseMutationPlan(commandLine)).toThrow();
    }
  });

  it.each(TARGETS)('finds something to mutate in %s', (path) => {
    const files = listSourceFiles(PROJECT_ROOT, path);

    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => /kernel\/|generated|contract|\/index\.ts/.test(file))).toEqual([]);
  });
});

it.each(NAMED_MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
  'the code still has a place for the mutant "%s", and its tests are there',
  (_, named) => {
    const mutant = locateNamedMutant(PROJECT_ROOT, named);
    const source = readFileSync(join(PROJECT_ROOT, mutant.file));

    expect(source.subarray(mutant.start, mutant.end).toString('utf8')).toBe(named.before);
    expect(named.tests.filter((test) => !existsSync(join(PROJECT_ROOT, test)))).toEqual([]);
  },
);
