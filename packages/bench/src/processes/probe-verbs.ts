import type { Calls } from '../files/called-functions.ts';

/** The verbs of every process that the bench measures. */
export interface ProbeVerbs {
  /** User plus system time of all threads since the process started, in microseconds. */
  cpuMicros(): number;
  /** Returns the memory in use after forced garbage collections. */
  memory(): Promise<MemorySample>;
  /** Starts to measure the event loop delay. @returns an id to stop it, since several measurements may overlap */
  watchEventLoop(): number;
  unwatchEventLoop(watch: number): EventLoopDelay;
  startProfile(): Promise<void>;
  /** Returns how often functions of the project were called since the last call of this; nothing the first time. */
  takeCalledFunctions(): Promise<Calls>;
  /** Writes the samples since `startProfile` as a `.cpuprofile`. */
  stopProfile(path: string): Promise<void>;
}

/** The event loop delay in milliseconds. */
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
  /** Resident memory of V8's young generation, a part of `rssBytes`. It eventually reaches its full size in every process. */
  readonly youngBytes: number;
}
