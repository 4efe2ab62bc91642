/**
 * Completes package-lock.json in place: the packages for other platforms that npm left out, and the hashes of all that
 * have none. Run it after `npm install`; npm itself asks the registry.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { completeLockfile, type Lockfile, listMissing } from './lockfile/complete.ts';
import { copyHashes, listUnhashed } from './lockfile/integrity.ts';

/** Has npm lock some packages in a project of their own, where it looks all of them up. Nothing is downloaded but their descriptions. */
function lockAlone(packages: ReadonlyMap<string, string>): Lockfile {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-lockfile-'));
  try {
    const manifest = { name: 'hashes', version: '1.0.0', private: true, optionalDependencies: Object.fromEntries(packages) };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    // --force: most of them are for platforms other than this one.
    execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts', '--force', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const path = resolve(process.argv[2] ?? resolve(import.meta.dirname, '../package-lock.json'));
const original: Lockfile = JSON.parse(readFileSync(path, 'utf8'));
let lockfile = completeLockfile(original);
let hashesAdded = 0;
for (let unhashed = listUnhashed(lockfile); unhashed.size > 0; unhashed = listUnhashed(lockfile)) {
  const hashed = copyHashes(lockfile, lockAlone(unhashed));
  const added = unhashed.size - listUnhashed(hashed).size;
  if (added === 0) throw new Error(`npm knows no hash of ${[...unhashed.keys()].join(', ')}`);
  hashesAdded += added;
  lockfile = hashed;
}
writeFileSync(path, `${JSON.stringify(lockfile, undefined, 2)}\n`);
console.log(`${path}: ${listMissing(original).length} packages for other platforms and ${hashesAdded} hashes added.`);
