/**
 * Lists the functions of the project that V8 has called in short windows of time. Functions of timers and other work appear in few windows,
 * so those that nearly all windows of an event have in common belong to the event.
 */
import { Session } from 'node:inspector/promises';

/** A called function by file, name and offset: `packages/media/src/engine.ts:handleDatagram@1234`. */
export type CalledFunction = string;

const SHIPPED_FILE = /\/(packages\/(?:accounts|cluster|gateway|media|protocol|secure|sfu|wire)\/src\/[^?]+\.ts)$/;

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

  /** Lists the functions called since the last call. The top level of a file does not count as a function. */
  async take(): Promise<CalledFunction[]> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage');
    return result.flatMap(({ url, functions }) => {
      const file = SHIPPED_FILE.exec(url)?.[1];
      if (file === undefined) return [];
      const called = functions.filter(({ ranges: [whole] }) => whole !== undefined && whole.startOffset > 0 && whole.count > 0);
      return called.map(({ functionName, ranges }) => `${file}:${functionName}@${ranges[0]?.startOffset}`);
    });
  }
}

/** Less than 1, since a window may end between two steps of its event. */
const NEARLY_ALL = 0.9;

/**
 * Returns the functions that nearly all windows have in common, sorted.
 *
 * @param minShare the share of the windows; default: 0.9
 */
export function commonTo(windows: readonly (readonly CalledFunction[])[], minShare = NEARLY_ALL): CalledFunction[] {
  const counts = new Map<CalledFunction, number>();
  for (const name of windows.flatMap((window) => [...new Set(window)])) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count >= minShare * windows.length)
    .map(([name]) => name)
    .sort();
}

/** Returns the files of functions, sorted and without duplicates. */
export function filesOf(functions: readonly CalledFunction[]): string[] {
  return [...new Set(functions.map((name) => name.slice(0, name.indexOf(':'))))].sort();
}
