const INTERVAL_MS = 20;

/**
 * Waits for something that another process does, by asking again and again.
 *
 * @throws Error – it does not come true in time; the message says what, and the last failure
 */
export async function until(what: string, isTrue: () => Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  let failure: unknown;
  while (performance.now() < deadlineMs) {
    try {
      if (await isTrue()) return;
    } catch (error) {
      failure = error;
    }
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
  throw new Error(`waited ${timeoutMs} ms in vain until ${what}`, { cause: failure });
}
