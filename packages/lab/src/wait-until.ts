/** Waiting for a condition instead of for a time. Runs in Node and, served to the page, in browsers. */

const POLL_EVERY_MS = 50;
const DEFAULT_DEADLINE_MS = 10_000;

/**
 * Reads a value again and again until it is as wanted.
 *
 * @param what in words what is waited for, as the failure says it: "bob decodes 30 frames"
 * @returns the first value that `isMet` accepts
 * @throws Error – the deadline passed; the message tells the last value seen
 */
export async function waitUntil<T>(
  what: string,
  read: () => T | Promise<T>,
  isMet: (value: T) => boolean,
  deadlineMs: number = DEFAULT_DEADLINE_MS,
): Promise<T> {
  const startedAtMs = performance.now();
  for (;;) {
    const value = await read();
    if (isMet(value)) return value;
    if (performance.now() - startedAtMs > deadlineMs) {
      throw new Error(`waited ${deadlineMs} ms in vain until ${what}; last seen: ${JSON.stringify(value)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
  }
}
