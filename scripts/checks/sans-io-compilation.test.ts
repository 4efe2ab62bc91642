import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT, type RunResult, runNode } from './run-node.ts';

/** Below node_modules, so that git and the other checks do not see it and the compiler finds the same types as in a package. */
const CACHE_FOLDER = join(PROJECT_ROOT, 'node_modules/.cache/causeway');

const FORBIDDEN: readonly (readonly [name: string, expression: string])[] = [
  ['Buffer', 'Buffer.alloc(1)'],
  ['process', 'process.hrtime()'],
  ['setTimeout', 'setTimeout(() => undefined, 1)'],
  ['performance', 'performance.now()'],
  ['crypto', 'crypto.randomUUID()'],
  ['console', 'console.log(1)'],
  ['TextDecoder', 'new TextDecoder()'],
];

describe.each(['wire', 'media'])('the compiler keeps %s sans-IO', (packageName) => {
  let folder: string;

  beforeEach(() => {
    mkdirSync(CACHE_FOLDER, { recursive: true });
    folder = mkdtempSync(join(CACHE_FOLDER, 'probe-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Compiles one file with the package's own options, save for those given. */
  function compile(source: string, compilerOptions: Readonly<Record<string, unknown>> = {}): RunResult {
    writeFileSync(join(folder, 'probe.ts'), source);
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: join(PROJECT_ROOT, 'packages', packageName, 'tsconfig.json'),
        compilerOptions: { rootDir: '.', noEmit: true, composite: false, incremental: false, ...compilerOptions },
        files: ['probe.ts'],
        include: [],
        references: [],
      }),
    );
    return runNode(join(PROJECT_ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder);
  }

  it('accepts what belongs to the language', () => {
    expect(compile('export const bytes = new Uint8Array(2);\n')).toMatchObject({ status: 0, stdout: '' });
  });

  it('would accept all that it forbids if the package asked for the types of Node', () => {
    const source = FORBIDDEN.map(([name, expression]) => `export const ${name}Probe = ${expression};\n`).join('');

    expect(compile(source, { types: ['node'], declaration: false, declarationMap: false })).toMatchObject({ status: 0, stdout: '' });
  });

  it.each(FORBIDDEN)('does not compile with %s in it', (name, expression) => {
    const { status, stdout } = compile(`export const probe = ${expression};\n`);

    expect(status).not.toBe(0);
    expect(stdout).toContain(`Cannot find name '${name}'`);
  });
});
