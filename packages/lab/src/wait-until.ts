/** Waits for a condition instead of a fixed time. It runs in Node and, served to a page, in browsers. */

const POLL_EVERY_MS = 50;
const DEFAULT_DEADLINE_MS = 10_000;

/**
 * Polls a value until a condition is met.
 *
 * @param what describes the condition for the error message: "bob decodes 30 frames"
 * @returns the first value that `isMet` accepts
 * @throws Error – the deadline has passed; the message contains the last value
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
      throw new Error(`waited ${deadlineMs} ms until ${what}; last seen: ${JSON.stringify(value)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
  }
}
