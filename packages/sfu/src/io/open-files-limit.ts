import { readFileSync } from 'node:fs';

/** Where Linux says what a process may use. */
const LIMITS_FILE = '/proc/self/limits';
const OPEN_FILES = /^Max open files +(\d+)/m;

/** How many files and sockets this process may have open at once. Infinity where the system does not say, or sets no limit. */
export function openFilesLimit(): number {
  try {
    const [, count] = OPEN_FILES.exec(readFileSync(LIMITS_FILE, 'utf8')) ?? [];
    return count === undefined ? Number.POSITIVE_INFINITY : Number(count);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
