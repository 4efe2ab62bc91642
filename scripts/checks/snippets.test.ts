/** Code in the documents: what is shown must compile, or at least be code, and name nothing that does not exist. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

const TROUBLESHOOTING = 'docs/operate/troubleshooting.md';
const EVENT_TYPE = /`((?:session|track|subscription|layer|quality|datachannel|node|events)\.(?!ts\b|md\b|json\b)[a-z]+)`/g;

/** What a snippet may take from the text around it. */
const SURROUNDINGS = `
declare global {
  const sfuUrl: string;
  const appId: string;
  const secret: string;
  const privateKey: import('node:crypto').KeyObject;
  const page: { readonly sessionId: string };
  /** The function that docs/api.md defines in its first snippet. */
  const call: (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object) => Promise<any>;
  const credential: string;
  const sessionId: string;
  const remoteSessionId: string;
  const peerConnection: RTCPeerConnection;
  const track: MediaStreamTrack;
  const draw: (publisher: string, message: unknown) => void;
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

test('variables that the READMEs of examples name are those that the programs read', () => {
  const examples = DOCUMENTS.filter((path) => /^examples\/[^/]+\/README\.md$/.test(path));
  const wrong = examples.flatMap((path) => {
    const folder = join(PROJECT_ROOT, dirname(path));
    const programs = readdirSync(folder).filter((file) => file.endsWith('.ts'));
    const read = programs.flatMap((file) => {
      const [, names = ''] = /\{([^}]*)\} = process\.env/.exec(readFileSync(join(folder, file), 'utf8')) ?? [];
      return [...names.matchAll(/\b[A-Z]+(?:_[A-Z]+)*\b/g)].map(([name]) => name);
    });
    const text = readFileSync(join(PROJECT_ROOT, path), 'utf8');
    const named = [...text.matchAll(/`(PORT|SFU_[A-Z_]+)`/g)].map(([, name = '']) => name);
    const inOneAlone = [...named.filter((name) => !read.includes(name)), ...read.filter((name) => !named.includes(name))];
    return inOneAlone.map((name) => `${path}: ${name}`);
  });

  expect(examples.length).toBeGreaterThan(3);
  expect(wrong).toEqual([]);
});

test('commands of the project that documents name exist', () => {
  const manifest = (path: string) => JSON.parse(readFileSync(join(PROJECT_ROOT, path, 'package.json'), 'utf8')) as { scripts?: object };
  const scriptsOf = (path: string): readonly string[] => Object.keys(manifest(path).scripts ?? {});
  const commands = DOCUMENTS.flatMap((path) => {
    const text = readFileSync(join(PROJECT_ROOT, path), 'utf8');
    const named = [
      ...[...text.matchAll(/(?<![\w/.-])scripts\/([\w-]+)(?=[\s`])/g)].map(([, name = '']) => ({
        command: `scripts/${name}`,
        exists: existsSync(join(PROJECT_ROOT, 'scripts', name)),
      })),
      ...[...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([command, name = '']) => ({ command, exists: scriptsOf('').includes(name) })),
      ...[...text.matchAll(/\bnpm start -w (\S+)/g)].map(([command, workspace = '']) => ({
        command,
        exists: existsSync(join(PROJECT_ROOT, workspace)) && scriptsOf(workspace).includes('start'),
      })),
    ];
    return named.map((each) => ({ path, ...each }));
  });

  expect(commands.length).toBeGreaterThan(60);
  expect(commands.filter(({ exists }) => !exists)).toEqual([]);
});

test('metrics, alerts and events that documents name exist, and each alert is explained', () => {
  const read = (path: string): string => readFileSync(join(PROJECT_ROOT, path), 'utf8');
  const [metrics, events, rules, explained] = ['docs/metrics.md', 'docs/api.md', 'infra/monitoring/alerts.yml', TROUBLESHOOTING].map(read);
  const alerts = [...(rules ?? '').matchAll(/alert: (\w+)/g)].map(([, name = '']) => name);
  const named = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, name = '']) => name);
  const unknown = DOCUMENTS.flatMap((path) => {
    const text = read(path);
    return [
      // A histogram is shown as three series.
      ...named(text, /\b(causeway_[a-z_]+?[a-z])(?:_bucket|_sum|_count)?\b/g).filter((name) => !metrics?.includes(`| \`${name}\` |`)),
      ...named(text, /`(Causeway[A-Z]\w+)`/g).filter((name) => !alerts.includes(name)),
      ...named(text, EVENT_TYPE).filter((name) => !events?.includes(`\`${name}\``)),
    ].map((name) => `${path}: ${name}`);
  });

  expect(alerts.length).toBeGreaterThan(5);
  expect(alerts.filter((name) => !explained?.includes(`| \`${name}\``) && !explained?.includes(`, \`${name}\``))).toEqual([]);
  expect(unknown).toEqual([]);
});

test('JavaScript and TypeScript in the documents have the right types', () => {
  const folder = join(PROJECT_ROOT, 'examples/embed-in-express/dist/snippets');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [index, [name, { code, language }]] of inLanguages('js', 'ts').entries()) {
    // Each is a module, or names of one would clash with those of another.
    writeFileSync(join(folder, `snippet-${index}.${language}`), `// ${name}\n${code}\nexport {};\n`);
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
    allowJs: true,
    checkJs: true,
    rootDir: '../../../..',
    lib,
  };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../../../tsconfig.base.json', compilerOptions: options, include: ['*.ts', '*.js'] }),
  );

  // Without these errors the check would not check anything.
  writeFileSync(join(folder, 'canary.ts'), 'export const canary: number = appId;\n');
  writeFileSync(join(folder, 'canary-2.js'), 'export const canary = noSuchName;\n');

  const { stdout } = spawnSync(join(PROJECT_ROOT, 'node_modules/.bin/tsc'), ['-p', folder], { cwd: PROJECT_ROOT, encoding: 'utf8' });

  // Sources of the packages have compiler options of their own, and a check of their own.
  const errors = stdout
    .split('\n')
    .filter((line) => line.includes('dist/snippets/'))
    // JavaScript cannot say what type a parameter has.
    .filter((line) => !/\.js\(.*error TS7006/.test(line));
  expect(errors).toEqual([
    expect.stringMatching(/canary-2\.js\(1,23\): error TS2304/),
    expect.stringMatching(/canary\.ts\(1,14\): error TS2322/),
  ]);
}, 120_000);
