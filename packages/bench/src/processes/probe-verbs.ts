import type { CalledFunction } from '../files/called-functions.ts';

/** What may be asked of any process that the bench measures. */
export interface ProbeVerbs {
  /** User plus system time of all threads since the process started, in microseconds. */
  cpuMicros(): number;
  /** After a forced garbage collection. */
  memory(): Promise<MemorySample>;
  /** Begins to measure by how much timers are late. @returns what to stop it by: several may look at a time */
  watchEventLoop(): number;
  unwatchEventLoop(watch: number): EventLoopDelay;
  startProfile(): Promise<void>;
  /** Lists the functions of the project that were called since this was asked last; the first time, none. */
  takeCalledFunctions(): Promise<CalledFunction[]>;
  /** Writes what was sampled since `startProfile` as a `.cpuprofile`. */
  stopProfile(path: string): Promise<void>;
}

/** By how much timers were late, in milliseconds. */
export interface EventLoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface MemorySample {
  readonly rssBytes: number;
  /** The JavaScript heap in use. */
  readonly heapBytes: number;
  /** Buffers and other memory that JavaScript objects own outside of the heap. */
  readonly externalBytes: number;
  /** Resident memory of V8's young generation, a part of `rssBytes`: it grows to its full size once, whatever the process does. */
  readonly youngBytes: number;
}
