import { Session } from 'node:inspector';

/**
 * Detects new code coverage with V8's own block counters, without instrumentation or native tools. A look costs 1 ms, or 2 ms with
 * all packages loaded, so it is taken per batch of inputs.
 *
 * Create one before the watched code is loaded, and keep it, because functions compiled before counting starts have no counters.
 */
export class CoverageWatch {
  readonly #session = new Session();
  readonly #seen = new Set<string>();
  #folder = '';

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Resets the coverage, and watches this folder. @param folder part of the URL of the files */
  begin(folder: string): void {
    this.#folder = folder;
    this.#seen.clear();
    this.look();
  }

  /** @returns the number of functions with new block coverage since the last look */
  look(): number {
    let discovered = 0;
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error !== null) throw error;
      for (const { url, functions } of taken.result) {
        if (url.includes(this.#folder)) for (const { ranges } of functions) discovered += this.#note(url, ranges);
      }
    });
    return discovered;
  }

  #note(url: string, ranges: readonly { readonly startOffset: number; readonly count: number }[]): number {
    const key = `${url} ${ranges.map(({ startOffset, count }) => `${startOffset}${count > 0 ? '+' : '-'}`).join(' ')}`;
    if (this.#seen.has(key)) return 0;
    this.#seen.add(key);
    return 1;
  }
}
