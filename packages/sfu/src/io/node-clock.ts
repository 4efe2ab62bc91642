import type { Clock } from '../clock.ts';

/** The process's own time. Its timers do not keep the process alive. */
export function createNodeClock(): Clock {
  return {
    nowMs: () => performance.now(),
    wallClockMs: () => Date.now(),
    schedule(delayMs, callback) {
      const timer = setTimeout(callback, delayMs);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}
