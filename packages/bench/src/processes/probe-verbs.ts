/** What may be asked of any process that the bench measures. */
export interface ProbeVerbs {
  /** User plus system time of all threads since the process started, in microseconds. */
  cpuMicros(): number;
  /** After a forced garbage collection. */
  memory(): Promise<MemorySample>;
  startProfile(): Promise<void>;
  /** Writes what was sampled since `startProfile` as a `.cpuprofile`. */
  stopProfile(path: string): Promise<void>;
}

export interface MemorySample {
  readonly rssBytes: number;
  /** The JavaScript heap in use. */
  readonly heapBytes: number;
  /** Buffers and other memory that JavaScript objects own outside of the heap. */
  readonly externalBytes: number;
}
