/**
 * Which functions of the project V8 has called in one short window after the other. What only belongs to timers or to other work is in
 * few of the windows, so what one event passes is what nearly all of its windows have in common.
 */
import { Session } from 'node:inspector/promises';

/** A called function as `packages/media/src/engine.ts:handleDatagram@1234`: its file, its name, and where it begins. */
export type CalledFunction = string;

const SHIPPED_FILE = /\/(packages\/(?:accounts|cluster|gateway|media|protocol|secure|sfu|wire)\/src\/[^?]+\.ts)$/;

/** Counts calls for as long as the process lives, which is slower for it. */
export class CalledFunctions {
  readonly #session = new Session();

  static async open(): Promise<CalledFunctions> {
    const called = new CalledFunctions();
    called.#session.connect();
    await called.#session.post('Profiler.enable');
    await called.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
    return called;
  }

  /** Lists what was called since this was asked last. A file's own top level, which runs when it is loaded, is no function. */
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

/** A window may end between two steps of its event. */
const NEARLY_ALL = 0.9;

/**
 * Keeps the functions that nearly every window has, sorted.
 *
 * @param minShare of the windows; default: nine in ten
 */
export function commonTo(windows: readonly (readonly CalledFunction[])[], minShare = NEARLY_ALL): CalledFunction[] {
  const counts = new Map<CalledFunction, number>();
  for (const name of windows.flatMap((window) => [...new Set(window)])) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count >= minShare * windows.length)
    .map(([name]) => name)
    .sort();
}

/** Lists the files that functions are in, each once, sorted. */
export function filesOf(functions: readonly CalledFunction[]): string[] {
  return [...new Set(functions.map((name) => name.slice(0, name.indexOf(':'))))].sort();
}
