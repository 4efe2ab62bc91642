import { PerformanceObserver } from 'node:perf_hooks';

const CALIBRATION_CALLS = 20_000;
const FIRST_CAPACITY = 1 << 20;
/** Stands for the surroundings of the nodes, whose numbers begin at 1. */
const SURROUNDINGS = 0;

/**
 * Measures who uses the CPU of a process in which many nodes run: all time from the moment at which something of a node runs until `enter`
 * is called again is that node's. Garbage collections are left out: all nodes share one heap, and a collection costs by what the others keep
 * in it.
 */
export class CpuMeter {
  #stretches = new Stretches(FIRST_CAPACITY);
  #owner = SURROUNDINGS;
  #sinceUs = 0;
  #sinceMs = 0;
  #isRunning = false;
  /** What a call of `enter` costs, which is no node's work. */
  #callUs = 0;
  readonly #collections: { readonly startMs: number; readonly endMs: number }[] = [];
  readonly #observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) this.#collections.push({ startMs: startTime, endMs: startTime + duration });
  });

  /** @param owner a node; undefined for the surroundings. @returns the one before */
  enter(owner: number | undefined): number | undefined {
    const before = this.#owner;
    this.#owner = owner ?? SURROUNDINGS;
    if (this.#isRunning) {
      const [atUs, atMs] = [nowUs(), performance.now()];
      this.#stretches.add(before, atUs - this.#sinceUs, this.#sinceMs, atMs);
      this.#sinceUs = atUs;
      this.#sinceMs = atMs;
    }
    return before === SURROUNDINGS ? undefined : before;
  }

  /** Reading the time costs as much as what is measured, so it is read only from here on, until `stop`. */
  start(): void {
    this.#callUs = this.#costOfCallUs();
    this.#begin();
    this.#collections.length = 0;
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  /** @returns milliseconds since the start, by node */
  async stop(): Promise<ReadonlyMap<number, number>> {
    this.enter(undefined);
    this.#isRunning = false;
    // Node reports collections in the next turn of the event loop, and to observers in the one after it.
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
    this.#observer.disconnect();
    for (const { startMs, endMs } of this.#collections) this.#stretches.leaveOut(startMs, endMs);
    return this.#stretches.sumMs(this.#callUs);
  }

  #begin(): void {
    this.#stretches.clear();
    this.#owner = SURROUNDINGS;
    this.#sinceUs = nowUs();
    this.#sinceMs = performance.now();
    this.#isRunning = true;
  }

  #costOfCallUs(): number {
    this.#begin();
    const startedAtUs = nowUs();
    for (let call = 0; call < CALIBRATION_CALLS; call++) this.enter(call % 2);
    this.#isRunning = false;
    return (nowUs() - startedAtUs) / (CALIBRATION_CALLS + 1);
  }
}

/** Who ran when, in memory that is not collected while it is filled. */
class Stretches {
  #owners: Int32Array;
  #usedUs: Float64Array;
  #startMs: Float64Array;
  #endMs: Float64Array;
  #count = 0;

  constructor(capacity: number) {
    this.#owners = new Int32Array(capacity);
    this.#usedUs = new Float64Array(capacity);
    this.#startMs = new Float64Array(capacity);
    this.#endMs = new Float64Array(capacity);
  }

  clear(): void {
    this.#count = 0;
  }

  add(owner: number, usedUs: number, startMs: number, endMs: number): void {
    if (this.#count === this.#owners.length) this.#grow();
    this.#owners[this.#count] = owner;
    this.#usedUs[this.#count] = usedUs;
    this.#startMs[this.#count] = startMs;
    this.#endMs[this.#count] = endMs;
    this.#count++;
  }

  /** Takes a time in which garbage was collected away from the stretch that it fell into. */
  leaveOut(startMs: number, endMs: number): void {
    const index = this.#indexAt(startMs);
    const [stretchStartMs = 0, stretchEndMs = 0, usedUs = 0] = [this.#startMs[index], this.#endMs[index], this.#usedUs[index]];
    const lostMs = Math.min(endMs, stretchEndMs) - Math.max(startMs, stretchStartMs);
    // While the thread waits for the CPU, time passes in which nothing is used.
    if (lostMs > 0) this.#usedUs[index] = usedUs - Math.min(usedUs, 1000 * lostMs);
  }

  /** @param callUs what each stretch contains that is not its owner's. @returns milliseconds by node */
  sumMs(callUs: number): ReadonlyMap<number, number> {
    const sums = new Map<number, number>();
    for (let index = 0; index < this.#count; index++) {
      const owner = this.#owners[index] ?? SURROUNDINGS;
      if (owner !== SURROUNDINGS) sums.set(owner, (sums.get(owner) ?? 0) + ((this.#usedUs[index] ?? 0) - callUs) / 1000);
    }
    return sums;
  }

  /** @returns the last stretch that had begun by then */
  #indexAt(atMs: number): number {
    let [from, to] = [0, this.#count - 1];
    while (from < to) {
      const middle = (from + to + 1) >> 1;
      if ((this.#startMs[middle] ?? 0) <= atMs) from = middle;
      else to = middle - 1;
    }
    return from;
  }

  #grow(): void {
    const larger = new Stretches(2 * this.#owners.length);
    larger.#owners.set(this.#owners);
    larger.#usedUs.set(this.#usedUs);
    larger.#startMs.set(this.#startMs);
    larger.#endMs.set(this.#endMs);
    this.#owners = larger.#owners;
    this.#usedUs = larger.#usedUs;
    this.#startMs = larger.#startMs;
    this.#endMs = larger.#endMs;
  }
}

function nowUs(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}
