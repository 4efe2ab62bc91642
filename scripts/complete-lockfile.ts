/** Completes package-lock.json in place; run it after `npm install` where the registry does not serve every platform's packages. */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { completeLockfile, type Lockfile, listMissing } from './lockfile/complete.ts';

const path = resolve(process.argv[2] ?? resolve(import.meta.dirname, '../package-lock.json'));
const lockfile: Lockfile = JSON.parse(readFileSync(path, 'utf8'));
const missing = listMissing(lockfile);
if (missing.length > 0) writeFileSync(path, `${JSON.stringify(completeLockfile(lockfile), undefined, 2)}\n`);
console.log(`${path}: ${missing.length} packages for other platforms added.`);
