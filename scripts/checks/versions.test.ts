/** What `scripts/version` makes of the project. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT_ROOT } from './run-node.ts';

/** All that says a version, or helps to change it. */
const SAYS_VERSIONS = /(?:^|\/)package(?:-lock)?\.json$|^CHANGELOG\.md$|^\.changeset\/|^scripts\/version$|openapi-document\.ts$|^\.npmrc$/;
const FILES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: PROJECT_ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((file) => SAYS_VERSIONS.test(file));

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-version-'));
  for (const file of FILES) cpSync(join(PROJECT_ROOT, file), join(folder, file));
  symlinkSync(join(PROJECT_ROOT, 'node_modules'), join(folder, 'node_modules'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function call(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(join(folder, 'scripts/version'), words, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
const manifests = (): readonly Manifest[] =>
  FILES.filter((file) => file.endsWith('package.json')).map((file): Manifest => JSON.parse(read(file)));

/** Everything in the lock file but the versions of our own packages. */
function foreignPart(lock: string): string {
  return lock.replaceAll(/"(?:version|causeway|@causeway\/[\w-]+)": "[\d.]+"/g, '');
}

test('the next version is that of every package, of all that name it, and of the API', () => {
  const [before = ''] = manifests().map(({ version }) => version);
  const [major, minor] = before.split('.').map(Number);
  const next = `${major}.${(minor ?? 0) + 1}.0`;
  const log = read('CHANGELOG.md');
  const lock = read('package-lock.json');

  const { status, stdout } = call('minor');

  expect([status, stdout]).toEqual([0, `${before} -> ${next}\n`]);
  const own = manifests().flatMap(({ version, dependencies = {} }) => [
    version,
    ...Object.keys(dependencies)
      .filter((name) => name.startsWith('@causeway/'))
      .map((name) => dependencies[name]),
  ]);
  expect(own.length).toBeGreaterThan(40);
  expect(new Set(own)).toEqual(new Set([next]));
  expect(read('packages/gateway/src/openapi/openapi-document.ts')).toContain(`API_VERSION = '${next}'`);
  // The text stays as it was written; it gets a heading.
  expect(read('CHANGELOG.md').replace(/## [\d.]+, \d{4}-\d\d-\d\d\n\n/, '')).toBe(log);
  expect(read('CHANGELOG.md')).toContain(`## Unreleased\n\n## ${next}, 20`);
  expect(foreignPart(read('package-lock.json'))).toBe(foreignPart(lock));
  expect(read('package-lock.json')).toContain(`"@causeway/gateway": "${next}"`);
});

test('a version has three parts to count up, and no fourth', () => {
  expect(call('huge')).toMatchObject({ status: 2, stderr: expect.stringContaining('scripts/version minor') });
});
