/**
 * Counts the calls of the project's functions in short windows of time, as V8 sees them. Functions of timers and other work appear in few
 * windows, so those that nearly all windows of an event have in common belong to the event, unless they are called as often without it.
 */
import { Session } from 'node:inspector/promises';

/** A called function by file, name and offset: `packages/media/src/engine.ts:handleDatagram@1234`. */
export type CalledFunction = string;

const SHIPPED_FILE = /\/(packages\/(?:accounts|cluster|gateway|media|protocol|secure|sfu|wire)\/src\/[^?]+\.ts)$/;

/** How often each function was called in a window; those that were not called are missing. */
export type Calls = Readonly<Record<CalledFunction, number>>;

/** Counts calls for the rest of the process's life, which slows it down. */
export class CalledFunctions {
  readonly #session = new Session();

  static async open(): Promise<CalledFunctions> {
    const called = new CalledFunctions();
    called.#session.connect();
    await called.#session.post('Profiler.enable');
    await called.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
    return called;
  }

  /** Returns the calls since the last call of this. The top level of a file does not count as a function. */
  async take(): Promise<Calls> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage');
    const calls: Record<CalledFunction, number> = {};
    for (const { url, functions } of result) {
      const file = SHIPPED_FILE.exec(url)?.[1];
      if (file === undefined) continue;
      for (const { functionName, ranges } of functions) {
        const [whole] = ranges;
        if (whole !== undefined && whole.startOffset > 0 && whole.count > 0)
          calls[`${file}:${functionName}@${whole.startOffset}`] = whole.count;
      }
    }
    return calls;
  }
}

/** Less than 1, since a window may end between two steps of its event. */
const NEARLY_ALL = 0.9;
/** A function that belongs to the event is called once more where the event happens; half of that cannot be chance. */
const EXTRA_CALLS = 0.5;

/**
 * Returns the functions that nearly all windows have in common, sorted.
 *
 * @param minShare the share of the windows; default: 0.9
 */
export function commonTo(windows: readonly Calls[], minShare = NEARLY_ALL): CalledFunction[] {
  const windowsWith = new Map<CalledFunction, number>();
  for (const name of windows.flatMap((window) => Object.keys(window))) windowsWith.set(name, (windowsWith.get(name) ?? 0) + 1);
  return [...windowsWith]
    .filter(([, count]) => count >= minShare * windows.length)
    .map(([name]) => name)
    .sort();
}

/**
 * Returns the functions that an event calls, sorted: nearly all windows with the event have them in common, and they are called less often
 * in windows without it.
 *
 * @param others windows of the same length in which the event did not happen
 */
export function calledBecauseOf(windows: readonly Calls[], others: readonly Calls[]): CalledFunction[] {
  return commonTo(windows).filter((name) => meanCalls(windows, name) - meanCalls(others, name) >= EXTRA_CALLS);
}

function meanCalls(windows: readonly Calls[], name: CalledFunction): number {
  return windows.reduce((sum, calls) => sum + (calls[name] ?? 0), 0) / Math.max(1, windows.length);
}

/** Returns the files of functions, sorted and without duplicates. */
export function filesOf(functions: readonly CalledFunction[]): string[] {
  return [...new Set(functions.map((name) => name.slice(0, name.indexOf(':'))))].sort();
}
