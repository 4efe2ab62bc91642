import { PerformanceObserver } from 'node:perf_hooks';

const CALIBRATION_READINGS = 20_000;
/** A collection that takes longer is of the heap that all nodes share, and no node alone would have it. */
const LONG_COLLECTION_MS = 5;

/** A stretch of time in which a node ran for long. */
interface Stretch {
  readonly owner: number | undefined;
  readonly startMs: number;
  readonly endMs: number;
  usedUs: number;
}

/**
 * Measures who uses the CPU of a process in which many nodes run. All time from the moment at which something of a node runs until `enter`
 * is called again is that node's, short garbage collections included.
 */
export class CpuMeter {
  readonly #usedUs = new Map<number | undefined, number>();
  #owner: number | undefined = undefined;
  #sinceUs = 0;
  #sinceMs = 0;
  #isRunning = false;
  /** What reading the time costs, which is no node's work. */
  #readingUs = 0;
  readonly #long: Stretch[] = [];
  readonly #collections: { readonly startMs: number; readonly endMs: number }[] = [];
  readonly #observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      if (duration > LONG_COLLECTION_MS) this.#collections.push({ startMs: startTime, endMs: startTime + duration });
    }
  });

  /** @param owner a node; undefined for the surroundings. @returns the one before */
  enter(owner: number | undefined): number | undefined {
    const before = this.#owner;
    this.#owner = owner;
    if (!this.#isRunning) return before;
    const [atUs, atMs] = [nowUs(), performance.now()];
    const usedUs = atUs - this.#sinceUs - this.#readingUs;
    if (usedUs > 1000 * LONG_COLLECTION_MS) this.#long.push({ owner: before, startMs: this.#sinceMs, endMs: atMs, usedUs });
    this.#usedUs.set(before, (this.#usedUs.get(before) ?? 0) + usedUs);
    this.#sinceUs = atUs;
    this.#sinceMs = atMs;
    return before;
  }

  /** Reading the time costs as much as what is measured, so it is read only from here on, until `stop`. */
  start(): void {
    this.#usedUs.clear();
    this.#long.length = 0;
    this.#collections.length = 0;
    this.#observer.observe({ entryTypes: ['gc'] });
    this.#owner = undefined;
    this.#readingUs = costOfReadingUs();
    this.#sinceUs = nowUs();
    this.#sinceMs = performance.now();
    this.#isRunning = true;
  }

  /** @returns milliseconds since the start, by node */
  async stop(): Promise<ReadonlyMap<number, number>> {
    this.enter(undefined);
    this.#isRunning = false;
    // Node reports collections in the next turn of the event loop, and to observers in the one after it.
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
    this.#observer.disconnect();
    for (const collection of this.#collections) this.#leaveOut(collection);
    return new Map([...this.#usedUs].flatMap(([owner, us]) => (owner === undefined ? [] : [[owner, us / 1000] as const])));
  }

  #leaveOut({ startMs, endMs }: { readonly startMs: number; readonly endMs: number }): void {
    const stretch = this.#long.find((each) => startMs < each.endMs && endMs > each.startMs);
    if (stretch === undefined) return;
    // While it waits for the CPU, time passes that nothing was used of.
    const collectedUs = Math.min(stretch.usedUs, 1000 * (endMs - startMs));
    stretch.usedUs -= collectedUs;
    this.#usedUs.set(stretch.owner, (this.#usedUs.get(stretch.owner) ?? 0) - collectedUs);
  }
}

function costOfReadingUs(): number {
  const startedAtUs = nowUs();
  for (let reading = 0; reading < CALIBRATION_READINGS; reading++) nowUs();
  return (nowUs() - startedAtUs) / (CALIBRATION_READINGS + 1);
}

function nowUs(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}
