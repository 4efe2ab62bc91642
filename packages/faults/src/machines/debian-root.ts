/** A Debian system in a folder, as the machines find it on their first day. It is installed once and kept. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SUITE = 'bookworm';
/** Packages that Debian's images for machines add to the smallest system. */
const PACKAGES = ['systemd-sysv', 'dbus', 'ca-certificates', 'iproute2', 'curl', 'procps'];
const FOLDER = `/var/cache/causeway/debian-${SUITE}`;
const DEADLINE_MS = 600_000;

/** @param isFresh whether to install it again @returns its folder, which must not be written to */
export async function debianRoot(isFresh: boolean): Promise<string> {
  if (isFresh) await rm(FOLDER, { recursive: true, force: true });
  if (existsSync(FOLDER)) return FOLDER;
  await mkdir(dirname(FOLDER), { recursive: true });
  // It is renamed when it is complete, so that half a system is never taken for a whole one.
  const unfinished = `${FOLDER}.${process.pid}`;
  try {
    await run('mmdebstrap', ['--quiet', '--variant=minbase', `--include=${PACKAGES.join(',')}`, SUITE, unfinished], {
      timeout: DEADLINE_MS,
    });
    await rename(unfinished, FOLDER);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw new Error(`mmdebstrap made no Debian system: ${(error as Error).message}`);
  }
  return FOLDER;
}
