import type { Clock } from '../clock.ts';

/** Returns a clock for the process's real time. Its timers do not keep the process alive. */
export function createNodeClock(): Clock {
  const armed = new Set<NodeJS.Timeout>();
  return {
    nowMs: () => performance.now(),
    wallClockMs: () => Date.now(),
    schedule(delayMs, callback) {
      const timer = setTimeout(() => {
        armed.delete(timer);
        callback();
      }, delayMs);
      timer.unref();
      armed.add(timer);
      return () => {
        armed.delete(timer);
        clearTimeout(timer);
      };
    },
    get armedTimers() {
      return armed.size;
    },
  };
}
