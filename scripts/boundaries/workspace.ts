/** The packages and examples of the project as folders on disk: where they are, what they declare, which files they have. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Workspace {
  /** Folder name, which is the package name without its scope: `wire`. */
  readonly name: string;
  readonly kind: 'package' | 'example';
  /** From the project's root: `packages/wire`. */
  readonly folder: string;
  /** As its package.json says; `undefined` when there is none. */
  readonly manifest: Manifest | undefined;
  /** TypeScript files from the project's root, sorted. */
  readonly files: readonly string[];
}

export interface Manifest {
  /** From the project's root. */
  readonly path: string;
  readonly text: string;
  /** Optional ones and peers among them. */
  readonly dependencies: ReadonlySet<string>;
  readonly devDependencies: ReadonlySet<string>;
  /** Keys of `exports`: `.`, `./node`. */
  readonly exportedPaths: ReadonlySet<string>;
}

const BUILT_FOLDERS = new Set(['node_modules', 'dist', 'dist-test', 'generated']);
/** AssemblyScript has TypeScript's syntax but not its modules: it imports nothing. */
const KERNEL_FOLDER = 'packages/secure/src/srtp/kernel';

/** Reads all workspaces below a project's root. */
export function readWorkspaces(root: string): Workspace[] {
  return [...readKind(root, 'packages', 'package'), ...readKind(root, 'examples', 'example')];
}

/** Names in the root's `devDependencies`: tools that every package's tests may use. */
export function readRootTools(root: string): ReadonlySet<string> {
  return readManifest(root, 'package.json')?.devDependencies ?? new Set();
}

function readKind(root: string, parent: string, kind: Workspace['kind']): Workspace[] {
  if (!existsSync(join(root, parent))) return [];
  return readdirSync(join(root, parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const folder = `${parent}/${name}`;
      return { name, kind, folder, manifest: readManifest(root, `${folder}/package.json`), files: listSources(root, folder).sort() };
    });
}

function listSources(root: string, folder: string): string[] {
  if (folder === KERNEL_FOLDER) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return BUILT_FOLDERS.has(entry.name) ? [] : listSources(root, path);
    return /\.[cm]?tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [path] : [];
  });
}

function readManifest(root: string, path: string): Manifest | undefined {
  if (!existsSync(join(root, path))) return undefined;
  const text = readFileSync(join(root, path), 'utf8');
  const content: unknown = JSON.parse(text);
  return {
    path,
    text,
    dependencies: new Set(['dependencies', 'optionalDependencies', 'peerDependencies'].flatMap((kind) => [...keysOf(content, kind)])),
    devDependencies: keysOf(content, 'devDependencies'),
    exportedPaths: keysOf(content, 'exports'),
  };
}

function keysOf(content: unknown, property: string): ReadonlySet<string> {
  if (typeof content !== 'object' || content === null) return new Set();
  const value: unknown = Reflect.get(content, property);
  return new Set(typeof value === 'object' && value !== null ? Object.keys(value) : []);
}
