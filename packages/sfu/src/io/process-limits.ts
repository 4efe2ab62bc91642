/** The memory and files that this process may use, and the memory that it does use. */
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

/** The file in which Linux lists the limits of a process. */
const LIMITS_FILE = '/proc/self/limits';
const OPEN_FILES = /^Max open files +(\d+)/m;

/** Returns the memory that this process can use before the system kills it: the limit of the container, or the memory of the machine. */
export function memoryLimitBytes(): number {
  // Without a limit, Node returns 0 or a number larger than the memory of any machine.
  const constrainedBytes = process.constrainedMemory();
  return constrainedBytes > 0 ? Math.min(constrainedBytes, totalmem()) : totalmem();
}

/**
 * Returns a function that reads the resident memory of the process. On Linux it is in a file, which a process without a
 * free file descriptor cannot open; the function then returns the previous value.
 *
 * @param readBytes throws the system's error when the value cannot be read
 * @returns bytes; 0 until it was read for the first time
 */
export function createResidentMemory(readBytes: () => number = process.memoryUsage.rss): () => number {
  let lastBytes = 0;
  return () => {
    try {
      lastBytes = readBytes();
    } catch {
      // Measuring must not end the process.
    }
    return lastBytes;
  };
}

/** Returns how many files and sockets this process may have open. Infinity if the system does not tell, or sets no limit. */
export function openFilesLimit(): number {
  try {
    const [, count] = OPEN_FILES.exec(readFileSync(LIMITS_FILE, 'utf8')) ?? [];
    return count === undefined ? Number.POSITIVE_INFINITY : Number(count);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
