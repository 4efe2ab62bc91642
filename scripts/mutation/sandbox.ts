/**
 * A copy of the packages in a temporary folder, in which files are broken on purpose. The working tree is never written
 * to. Dependencies are links to the installed ones; the project's own packages are found in the copy.
 */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const NOT_COPIED = ['node_modules', 'dist', 'dist-test'];
/** Captured traffic and keys of tests included; what else is at the root no test of a package reads. */
const ROOT_FILES = ['package.json', 'jest.config.ts', 'tsconfig.base.json'];

export class Sandbox implements Disposable {
  readonly folder: string;

  constructor(root: string) {
    // Jest compares real paths.
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'causeway-mutation-')));
    const filter = (path: string) => !NOT_COPIED.includes(basename(path));
    for (const part of [...ROOT_FILES, 'packages', 'scripts', 'docs', 'infra']) {
      cpSync(join(root, part), join(this.folder, part), { recursive: true, filter });
    }
    linkDependencies(join(root, 'node_modules'), join(this.folder, 'node_modules'));
  }

  read(file: string): Buffer {
    return readFileSync(join(this.folder, file));
  }

  write(file: string, contents: Uint8Array): void {
    writeFileSync(join(this.folder, file), contents);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function linkDependencies(from: string, to: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    if (name === '@causeway') linkOwnPackages(join(from, name), join(to, name));
    else if (name !== '.cache') symlinkSync(join(from, name), join(to, name));
  }
}

/** npm's links to them are relative (`../../packages/wire`), so the same links lead into the copy from there. */
function linkOwnPackages(from: string, to: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) symlinkSync(readlinkSync(join(from, name)), join(to, name));
}
