import { readFileSync } from 'node:fs';

/** The file in which Linux lists the limits of a process. */
const LIMITS_FILE = '/proc/self/limits';
const OPEN_FILES = /^Max open files +(\d+)/m;

/** Returns how many files and sockets this process may have open. Infinity if the system does not tell, or sets no limit. */
export function openFilesLimit(): number {
  try {
    const [, count] = OPEN_FILES.exec(readFileSync(LIMITS_FILE, 'utf8')) ?? [];
    return count === undefined ? Number.POSITIVE_INFINITY : Number(count);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
