const CHECK_INTERVAL_MS = 200;

/** Resolves when there is no session left, at the deadline, or when the signal says that it is enough. */
export function waitUntilEmpty(countSessions: () => number, timeoutMs: number, enough: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const check = setInterval(() => countSessions() === 0 && resolve(), CHECK_INTERVAL_MS);
  const deadline = setTimeout(resolve, timeoutMs);
  enough.addEventListener('abort', () => resolve(), { once: true });
  if (countSessions() === 0 || enough.aborted) resolve();
  return promise.finally(() => {
    clearInterval(check);
    clearTimeout(deadline);
  });
}
