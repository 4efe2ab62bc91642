/** Code in the documents: what is shown must compile, or at least be code, and name nothing that does not exist. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import { parse } from 'yaml';
import { PROJECT_ROOT } from './run-node.ts';

interface Snippet {
  readonly name: string;
  readonly language: string;
  readonly code: string;
}

const DOCUMENTS = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: PROJECT_ROOT,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .filter((path) => path !== 'CHANGELOG.md' && !path.startsWith('docs/adr/'));

const SNIPPETS = DOCUMENTS.flatMap((path): Snippet[] => {
  const text = readFileSync(join(PROJECT_ROOT, path), 'utf8');
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(({ 1: language = '', 2: code = '', index }) => ({
    name: `${path}:${text.slice(0, index).split('\n').length}`,
    language,
    code,
  }));
});

const inLanguages = (...languages: string[]): readonly (readonly [string, Snippet])[] =>
  SNIPPETS.filter(({ language }) => languages.includes(language)).map((snippet) => [snippet.name, snippet]);

/** Files of docs/operate/three-machines.md, which tests of their own use. */
const CHECKED_ELSEWHERE = ['conf', 'ini'];
/** Diagrams, and lines of other programs' languages. */
const NO_CODE = '';

/** What a snippet may take from the text around it. */
const SURROUNDINGS = `
declare global {
  const sfuUrl: string;
  const appId: string;
  const secret: string;
  const privateKey: import('node:crypto').KeyObject;
  const page: { readonly sessionId: string };
  const sfu: import('@causeway/sfu').Sfu;
  const app: import('express').Express;
}
export {};
`;

test('there are snippets of each kind', () => {
  expect(inLanguages('js').length).toBeGreaterThan(3);
  expect(inLanguages('ts').length).toBeGreaterThan(1);
  expect(inLanguages('json').length).toBeGreaterThan(20);
  expect(inLanguages('sh').length).toBeGreaterThan(10);
});

test('there are none of a kind that nothing checks', () => {
  const checked = ['js', 'ts', 'json', 'yaml', 'sh', ...CHECKED_ELSEWHERE, NO_CODE];

  expect(SNIPPETS.filter(({ language }) => !checked.includes(language)).map(({ name, language }) => `${name}: ${language}`)).toEqual([]);
});

test.each(inLanguages('js', 'ts'))('%s is JavaScript or TypeScript', (_name, { code }) => {
  expect(() => transformSync(code, { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, isModule: true })).not.toThrow();
});

test.each(inLanguages('json'))('%s is JSON', (_name, { code }) => {
  expect(() => JSON.parse(code)).not.toThrow();
});

test.each(inLanguages('yaml'))('%s is YAML', (_name, { code }) => {
  expect(() => parse(code)).not.toThrow();
});

test.each(inLanguages('sh'))('%s is a shell script', (_name, { code }) => {
  const { status, stderr } = spawnSync('bash', ['-n'], { input: code, encoding: 'utf8' });

  expect([status, stderr]).toEqual([0, '']);
});

test('options that documents and examples name exist', () => {
  const page = readFileSync(join(PROJECT_ROOT, 'docs/config.md'), 'utf8');
  const known = new Set([...page.matchAll(/^\| `(CAUSEWAY_\w+)`/gm)].map(([, name]) => name).concat('CAUSEWAY_CONFIG'));
  const infra = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'infra'], {
    cwd: PROJECT_ROOT,
    encoding: 'utf8',
  });
  const files = [...DOCUMENTS, ...infra.trim().split('\n')];
  // The name that clients call, which only the Caddyfile reads.
  known.add('CAUSEWAY_DOMAIN');

  const unknown = files.flatMap((path) =>
    [...readFileSync(join(PROJECT_ROOT, path), 'utf8').matchAll(/\bCAUSEWAY_[A-Z]\w*[A-Z](?![\w*…])/g)]
      .map(([name]) => name)
      .filter((name) => !known.has(name))
      .map((name) => `${path}: ${name}`),
  );

  expect(unknown).toEqual([]);
});

test('metrics that alerts and the dashboard name exist', () => {
  const page = readFileSync(join(PROJECT_ROOT, 'docs/metrics.md'), 'utf8');
  const named = ['alerts.yml', 'grafana.json'].flatMap((file) => {
    const text = readFileSync(join(PROJECT_ROOT, 'infra/monitoring', file), 'utf8');
    return [...text.matchAll(/\b((?:causeway|process|nodejs)_[a-z_]+)\b/g)].map(([, name = '']) => name);
  });

  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([]);
});

test('TypeScript in the documents has the right types', () => {
  const folder = join(PROJECT_ROOT, 'examples/embed-in-express/dist/snippets');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const snippets = inLanguages('ts');
  for (const [index, [name, { code }]] of snippets.entries()) {
    writeFileSync(join(folder, `snippet-${index}.ts`), `// ${name}\n${code}\n`);
  }
  writeFileSync(join(folder, 'surroundings.d.ts'), SURROUNDINGS);
  // Snippets of the client's README are for pages.
  const lib = ['es2024', 'dom', 'dom.iterable', 'dom.asynciterable'];
  const options = {
    noEmit: true,
    composite: false,
    incremental: false,
    types: ['node'],
    noUnusedLocals: false,
    rootDir: '../../../..',
    lib,
  };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../../../tsconfig.base.json', compilerOptions: options, include: ['*.ts'] }),
  );

  // Without this error the check would not check anything.
  writeFileSync(join(folder, 'canary.ts'), 'export const canary: number = appId;\n');

  const { stdout } = spawnSync(join(PROJECT_ROOT, 'node_modules/.bin/tsc'), ['-p', folder], { cwd: PROJECT_ROOT, encoding: 'utf8' });

  // Sources of the packages have compiler options of their own, and a check of their own.
  const errors = stdout.split('\n').filter((line) => line.includes('dist/snippets/'));
  expect(errors).toEqual([expect.stringMatching(/canary\.ts\(1,14\): error TS2322/)]);
}, 120_000);
