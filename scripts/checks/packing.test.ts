/** What `npm pack` makes must be what users can import: built, and complete. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const PACKAGES = path.join(__dirname, '../../packages');

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly files?: readonly string[];
  readonly scripts?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

const PUBLISHED = readdirSync(PACKAGES)
  .map((folder): Manifest => JSON.parse(readFileSync(path.join(PACKAGES, folder, 'package.json'), 'utf8')))
  .filter((manifest) => manifest.private !== true)
  .map((manifest) => [manifest.name, manifest] as const);

test('there are packages to publish', () => {
  expect(PUBLISHED.length).toBeGreaterThan(5);
});

test.each(PUBLISHED)('%s is built before it is packed, whatever was built before', (_name, { scripts }) => {
  // Without --force, a deleted folder of outputs counts as up to date.
  expect(scripts?.prepack).toMatch(/(?:^|&& )(?:tsc -b --force(?: tsconfig\.node\.json)?|npm run build)$/);
});

test.each(PUBLISHED)('%s has everything in the package that it exports', (name, { exports = {}, files = [] }) => {
  const targets = Object.values(exports).flatMap((target) => (typeof target === 'string' ? [] : [target.types, target.default]));

  // The console is files for the gateway to serve.
  expect(targets.length).toBeGreaterThan(name === '@causeway/dashboard' ? -1 : 0);
  for (const target of targets) expect(files.some((folder) => target?.startsWith(`./${folder}/`))).toBe(true);
});
