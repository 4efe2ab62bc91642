import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkBoundaries } from '../boundaries/check.ts';
import { runNode } from './run-node.ts';

describe('the boundary check', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'causeway-boundaries-'));
  });

  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  /** Writes a project of one or more packages: file path -> content. */
  function writeTree(files: Readonly<Record<string, string>>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    }
  }

  function manifest(name: string, dependencies: Readonly<Record<string, string>> = {}): string {
    return JSON.stringify({ name: `@causeway/${name}`, exports: { '.': './src/index.ts' }, dependencies }, undefined, 2);
  }

  const wire = { 'packages/wire/package.json': manifest('wire'), 'packages/wire/src/index.ts': 'export const one = 1;\n' };

  it('is content with a package that imports what its line allows', () => {
    writeTree({
      ...wire,
      'packages/media/package.json': manifest('media', { '@causeway/wire': '0.1.0' }),
      'packages/media/src/index.ts': "export { one } from '@causeway/wire';\n",
      'packages/media/test/index.test.ts':
        "import { one } from '../src/index.ts';\nimport { readFileSync } from 'node:fs';\nimport fc from 'fast-check';\n",
    });

    expect(checkBoundaries(root)).toEqual([]);
  });

  it.each([
    ['an import that points up', "// wire\nimport { x } from '@causeway/media';", 2, '"wire" may not import "media"'],
    ['a type-only import that points up', "import type { X } from '@causeway/sfu';", 1, '"wire" may not import "sfu"'],
    ['a re-export that points up', "export * from '@causeway/sfu';", 1, '"wire" may not import "sfu"'],
    ['an import() that points up', "\n\nexport const late = () => import('@causeway/sfu');", 3, '"wire" may not import "sfu"'],
    ["an import('…') type that points up", "export type Late = import('@causeway/sfu').Sfu;", 1, '"wire" may not import "sfu"'],
    [
      'a vendor of another package',
      "import { RTCDtlsTransport } from 'werift';",
      1,
      'the vendor "werift": only client and bench and interop may',
    ],
    ['a vendor that nobody owns', "import lodash from 'lodash/fp';", 1, 'the vendor "lodash": no package may'],
    ["one of Node's modules in a sans-IO package", "import { createSocket } from 'node:dgram';", 1, '"wire" knows no Node'],
    ['a relative import that leaves the package', "import { x } from '../../media/src/index.ts';", 1, 'leaves packages/wire/src/'],
    ['a shipped file that imports a test', "import { x } from '../test/builders.ts';", 1, 'leaves packages/wire/src/'],
    ['a package that imports itself by name', "import { one } from '@causeway/wire';", 1, 'by relative path'],
    ['the clock', 'export const now = () => Date.now();', 1, 'Date must come in as a parameter'],
    ['the dice', 'export const dice = Math.random();', 1, 'Math.random must come in as a parameter'],
  ])('names file, line and reason of %s', (_what, source, line, why) => {
    writeTree({ ...wire, 'packages/wire/src/offender.ts': `${source}\n` });

    expect(checkBoundaries(root)).toContainEqual({ file: 'packages/wire/src/offender.ts', line, why: expect.stringContaining(why) });
  });

  it('refuses an import that reaches past the door of a package', () => {
    writeTree({
      ...wire,
      'packages/media/package.json': manifest('media', { '@causeway/wire': '0.1.0' }),
      'packages/media/src/index.ts': "export { one } from '@causeway/wire/src/index.ts';\n",
    });

    expect(checkBoundaries(root)).toEqual([
      {
        file: 'packages/media/src/index.ts',
        line: 1,
        why: '"@causeway/wire/src/index.ts" reaches into a package: import "@causeway/wire"',
      },
    ]);
  });

  it.each([
    ['a circle of files that import each other', "import { b } from './b.ts';\n"],
    ['a circle of types alone', "import type { B } from './b.ts';\n"],
  ])('shows %s', (_what, source) => {
    writeTree({
      ...wire,
      'packages/wire/src/a.ts': source,
      'packages/wire/src/b.ts': "\nimport { a } from './a.ts';\n",
    });

    expect(checkBoundaries(root)).toEqual([
      {
        file: 'packages/wire/src/b.ts',
        line: 2,
        why: 'import cycle: packages/wire/src/a.ts -> packages/wire/src/b.ts -> packages/wire/src/a.ts',
      },
    ]);
  });

  it('lets tests share types in a circle', () => {
    writeTree({
      ...wire,
      'packages/wire/test/a.ts': "import type { B } from './b.ts';\n",
      'packages/wire/test/b.ts': "import { a } from './a.ts';\n",
    });

    expect(checkBoundaries(root)).toEqual([]);
  });

  it('shows two folders of a package that import each other, types included', () => {
    writeTree({
      ...wire,
      'packages/wire/src/rtp/view.ts': "import { a } from '../sdp/parse.ts';\nimport { b } from '../sdp/write.ts';\n",
      'packages/wire/src/rtp/writer.ts': '',
      'packages/wire/src/sdp/parse.ts': '',
      'packages/wire/src/sdp/write.ts': "\nimport type { Writer } from '../rtp/writer.ts';\n",
    });

    expect(checkBoundaries(root)).toEqual([
      { file: 'packages/wire/src/sdp/write.ts', line: 2, why: 'the folders sdp and rtp import each other' },
    ]);
  });

  it('lets the files above all folders wire them together', () => {
    writeTree({
      ...wire,
      'packages/wire/src/limits.ts': "import { view } from './rtp/view.ts';\n",
      'packages/wire/src/rtp/view.ts': "import type { Size } from '../size.ts';\n",
      'packages/wire/src/size.ts': '',
    });

    expect(checkBoundaries(root)).toEqual([]);
  });

  it('keeps a vendor to its folder', () => {
    const peer = JSON.stringify({ name: '@causeway/client', exports: {}, peerDependencies: { werift: '1.0.0' } });
    writeTree({
      'packages/client/package.json': peer,
      'packages/client/src/node/media.ts': "import 'werift';\n",
      'packages/client/src/index.ts': "import 'werift';\n",
    });

    expect(checkBoundaries(root)).toEqual([
      { file: 'packages/client/src/index.ts', line: 1, why: '"client" imports the vendor "werift" in src/node/ alone' },
    ]);
  });

  it('wants package.json to declare exactly what is imported', () => {
    writeTree({
      ...wire,
      'packages/media/package.json': manifest('media', { werift: '0.25.2' }),
      'packages/media/src/index.ts': "export { one } from '@causeway/wire';\n",
    });

    expect(checkBoundaries(root)).toEqual([
      { file: 'packages/media/package.json', line: 7, why: 'dependency "werift" is declared but never imported' },
      { file: 'packages/media/src/index.ts', line: 1, why: '"@causeway/wire" is missing from dependencies of packages/media/package.json' },
    ]);
  });

  it('wants a line for every package', () => {
    writeTree({ 'packages/utils/package.json': manifest('utils'), 'packages/utils/src/index.ts': "import { x } from 'left-pad';\n" });

    expect(checkBoundaries(root)[0]?.why).toBe('package "utils" has no line in scripts/boundaries/rules.ts');
  });

  it('fails as a command, with one line for each fault', () => {
    writeTree({ ...wire, 'packages/wire/src/offender.ts': "import 'werift';\n" });

    const { status, stderr } = runNode('scripts/check-boundaries.ts', root);

    expect(status).toBe(1);
    expect(stderr).toMatch(/^packages\/wire\/src\/offender\.ts:1: "wire" may not import the vendor "werift"/m);
  });

  it('finds nothing wrong with this project', () => {
    const { status, stdout, stderr } = runNode('scripts/check-boundaries.ts');

    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'Boundaries: all imports point the right way.\n', stderr: '' });
  });
});
