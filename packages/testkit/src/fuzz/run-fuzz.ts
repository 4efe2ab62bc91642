import type { CoverageWatch } from './coverage-watch.ts';
import { FuzzCorpus } from './fuzz-corpus.ts';
import { FuzzRandom } from './fuzz-random.ts';
import type { FuzzTarget } from './fuzz-target.ts';

export interface FuzzOptions {
  readonly seed: number;
  readonly inputs: number;
  /** Guides the search by coverage of this folder. Without it, only the seeds are mutated. */
  readonly guide?: { readonly coverage: CoverageWatch; readonly folder: string };
  readonly collectGarbage?: () => void;
}

export interface FuzzFinding {
  /** The input in hex, for a regression test. */
  readonly input: string;
  readonly error: string;
}

export interface FuzzReport {
  readonly target: string;
  readonly inputs: number;
  readonly durationMs: number;
  /** The longest time of an input, as the best of ten tries, to exclude garbage collection and load. */
  readonly slowestMs: number;
  readonly slowestInput: string;
  /** Inputs that became samples because they reached new code. */
  readonly corpusGrowth: number;
  readonly findings: readonly FuzzFinding[];
  /** The growth of memory in use from the first tenth to the end. */
  readonly heapGrowthBytes: number;
}

/** Inputs per look at the counters, which takes as long as forty inputs or more. */
const GUIDED_BATCH = 32;
/** The share of a run that is guided; after that, samples are mutated without looking at coverage. */
const GUIDED_SHARE = 0.3;
const MAX_FINDINGS = 5;
const RETRIES = 9;

/** Runs inputs, all determined by the seed, one after another. */
export async function runFuzz(target: FuzzTarget, options: FuzzOptions): Promise<FuzzReport> {
  const run = new FuzzRun(target, options);
  try {
    await run.all();
    return run.report();
  } finally {
    run.close();
  }
}

class FuzzRun {
  readonly #target: FuzzTarget;
  readonly #options: FuzzOptions;
  readonly #random: FuzzRandom;
  readonly #corpus: FuzzCorpus;
  readonly #coverage: CoverageWatch | undefined;
  readonly #findings: FuzzFinding[] = [];
  readonly #startedAtMs = performance.now();
  #batch: Uint8Array[] = [];
  #done = 0;
  #slowestMs = 0;
  #slowestInput: Uint8Array = new Uint8Array(0);
  #heapAtStartBytes = 0;

  constructor(target: FuzzTarget, options: FuzzOptions) {
    this.#target = target;
    this.#options = options;
    this.#random = new FuzzRandom(options.seed);
    this.#corpus = new FuzzCorpus(target.seeds);
    this.#coverage = options.guide?.coverage;
    options.guide?.coverage.begin(options.guide.folder);
  }

  async all(): Promise<void> {
    const { inputs } = this.#options;
    const measureAt = Math.floor(inputs / 10);
    for (; this.#done < inputs && this.#findings.length < MAX_FINDINGS; this.#done++) {
      if (this.#done === measureAt) this.#heapAtStartBytes = this.#measureHeap();
      const input = this.#target.mutate(this.#random, this.#corpus.pick(this.#random), this.#corpus.pick(this.#random));
      await this.#tryInput(input);
      if (this.#coverage !== undefined && this.#done < inputs * GUIDED_SHARE) this.#learn(this.#coverage, input);
    }
  }

  report(): FuzzReport {
    const durationMs = performance.now() - this.#startedAtMs;
    return {
      target: this.#target.name,
      inputs: this.#done,
      durationMs,
      slowestMs: this.#slowestMs,
      slowestInput: hexOf(this.#slowestInput),
      corpusGrowth: this.#corpus.growth,
      findings: this.#findings,
      heapGrowthBytes: this.#measureHeap() - this.#heapAtStartBytes,
    };
  }

  close(): void {
    this.#target.close?.();
  }

  async #tryInput(input: Uint8Array): Promise<void> {
    try {
      let tookMs = await this.#time(input);
      for (let retry = 0; retry < RETRIES && tookMs > this.#slowestMs; retry++) tookMs = Math.min(tookMs, await this.#time(input));
      if (tookMs > this.#slowestMs) {
        this.#slowestMs = tookMs;
        this.#slowestInput = input;
      }
      this.#target.verify?.(input);
    } catch (error) {
      this.#findings.push({ input: hexOf(input), error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }

  async #time(input: Uint8Array): Promise<number> {
    const copy = input.slice();
    const startedAtMs = performance.now();
    const pending = this.#target.run(copy);
    // Most targets are synchronous, and two million needless awaits are not free.
    if (pending !== undefined) await pending;
    return performance.now() - startedAtMs;
  }

  /** Adds all inputs of a batch as samples, since the one with new coverage is unknown. */
  #learn(coverage: CoverageWatch, input: Uint8Array): void {
    this.#batch.push(input);
    if (this.#batch.length < GUIDED_BATCH) return;
    if (coverage.look() > 0) this.#corpus.add(this.#batch, this.#random);
    this.#batch = [];
  }

  /** Includes memory outside of the heap, since packets are in buffers. */
  #measureHeap(): number {
    // The memory of a buffer is released only after the buffer object, so collect twice.
    this.#options.collectGarbage?.();
    this.#options.collectGarbage?.();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
