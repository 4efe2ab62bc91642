import type { LoadSample, LoadSource } from '../../src/overload/load-source.ts';

export interface ScriptedInterval {
  /** 99th percentile of the event loop's delay. */
  readonly delayMs?: number;
  readonly utilization?: number;
  readonly memoryShare?: number;
  readonly uplinkLossRatio?: number;
}

/** A process whose load is what a test says. */
export class ScriptedLoad implements LoadSource {
  isMeasuring = false;
  #listener: (sample: LoadSample) => void = () => undefined;

  start(listener: (sample: LoadSample) => void): void {
    this.isMeasuring = true;
    this.#listener = listener;
  }

  stop(): void {
    this.isMeasuring = false;
  }

  /** Lets seconds pass that are all alike; busy, in time and with memory to spare unless told otherwise. */
  passSeconds(count: number, { delayMs = 1, utilization = 0.9, memoryShare = 0.1, uplinkLossRatio = 0 }: ScriptedInterval = {}): void {
    const eventLoopDelayMs = { p50: delayMs, p99: delayMs, max: delayMs };
    const sample = { eventLoopDelayMs, timerDelaysMs: [delayMs], utilization, memoryShare, uplinkLossRatio };
    for (let second = 0; second < count; second++) this.#listener(sample);
  }
}
