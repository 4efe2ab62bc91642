import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { LoadSample, LoadSource } from '../overload/load-source.ts';

const INTERVAL_MS = 1_000;
/**
 * Interval at which the histogram's timer is due. It records the whole time between two calls. Every call wakes the
 * process, which is expensive on an idle node; ten samples a second still reveal a loop that is blocked repeatedly.
 */
const RESOLUTION_MS = 100;
/** The interval after a second with almost nothing to do, so that an idle node can sleep. */
const IDLE_RESOLUTION_MS = 500;
const IDLE_UTILIZATION = 0.02;
const NANOSECONDS_PER_MS = 1e6;

/** What a thread that carries media reports about itself. */
export interface MediaThread {
  /** Returns the share of datagrams lost to a full uplink since the last call. */
  takeUplinkLossRatio(): number;
  /** Milliseconds slept so far outside the event loop, which counts them as work. */
  readonly sleptMs: number;
}

/**
 * Measures this process once a second, with timers that do not keep it alive.
 *
 * @param maxMemoryBytes limit of the resident set
 * @param media default: this thread carries none
 */
export function createProcessLoad(maxMemoryBytes: number, media?: MediaThread): LoadSource {
  let resolutionMs = RESOLUTION_MS;
  let delays = monitorEventLoopDelay({ resolution: resolutionMs });
  let timer: NodeJS.Timeout | undefined;
  const residentBytes = createResidentMemory();
  let utilization = performance.eventLoopUtilization();
  let sleptBeforeMs = media?.sleptMs ?? 0;

  const lateByMs = (recordedNanoseconds: number): number => Math.max(0, recordedNanoseconds / NANOSECONDS_PER_MS - resolutionMs);

  function takeSample(): LoadSample {
    const since = performance.eventLoopUtilization(utilization);
    const sleptMs = (media?.sleptMs ?? 0) - sleptBeforeMs;
    const sample = {
      eventLoopDelayMs: { p50: lateByMs(delays.percentile(50)), p99: lateByMs(delays.percentile(99)), max: lateByMs(delays.max) },
      timerDelaysMs: valuesOf(delays).map(lateByMs),
      utilization: workShare(since, sleptMs),
      memoryShare: memoryShare(residentBytes(), maxMemoryBytes),
      uplinkLossRatio: media?.takeUplinkLossRatio() ?? 0,
    };
    watchAt(lookingIntervalMs(sample.utilization));
    utilization = performance.eventLoopUtilization();
    sleptBeforeMs += sleptMs;
    return sample;
  }

  /** Restarts the histogram at the given interval. */
  function watchAt(wantedMs: number): void {
    if (wantedMs === resolutionMs) {
      delays.reset();
      return;
    }
    delays.disable();
    resolutionMs = wantedMs;
    delays = monitorEventLoopDelay({ resolution: resolutionMs });
    delays.enable();
  }

  return {
    start(listener) {
      delays.enable();
      timer ??= setInterval(() => listener(takeSample()), INTERVAL_MS).unref();
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
      delays.disable();
    },
  };
}

/** @returns the values in a histogram, each as precise as the histogram is, ascending; one percentile lies at each of them */
export function valuesOf(histogram: { readonly count: number; percentile(percent: number): number }): number[] {
  const { count } = histogram;
  return Array.from({ length: count }, (_, index) => histogram.percentile(((index + 0.5) / count) * 100));
}

/** @returns the share of time spent working, excluding `sleptMs` that the event loop counted as work */
export function workShare({ active, idle }: { readonly active: number; readonly idle: number }, sleptMs: number): number {
  return active + idle > 0 ? Math.max(0, active - sleptMs) / (active + idle) : 0;
}

/** @returns the sampling interval for the next second, given the utilization of the last one */
export function lookingIntervalMs(utilization: number): number {
  return utilization < IDLE_UTILIZATION ? IDLE_RESOLUTION_MS : RESOLUTION_MS;
}

/** The JavaScript heap has a limit of its own, and exceeding it also ends the process. */
function memoryShare(residentBytes: number, maxMemoryBytes: number): number {
  const { used_heap_size: heapBytes, heap_size_limit: heapLimitBytes } = getHeapStatistics();
  return Math.max(residentBytes / maxMemoryBytes, heapBytes / heapLimitBytes);
}

/** The file in which Linux lists the limits of a process. */
const LIMITS_FILE = '/proc/self/limits';
const OPEN_FILES = /^Max open files +(\d+)/m;

/** Returns the memory that this process can use before the system kills it: the limit of the container, or the memory of the machine. */
export function memoryLimitBytes(): number {
  // Without a limit, Node returns 0 or a number larger than the memory of any machine.
  const constrainedBytes = process.constrainedMemory();
  return constrainedBytes > 0 ? Math.min(constrainedBytes, totalmem()) : totalmem();
}

/**
 * Returns a function that reads the resident memory of the process. On Linux it is in a file, which a process without a
 * free file descriptor cannot open; the function then returns the previous value.
 *
 * @param readBytes throws the system's error when the value cannot be read
 * @returns bytes; 0 until it was read for the first time
 */
export function createResidentMemory(readBytes: () => number = process.memoryUsage.rss): () => number {
  let lastBytes = 0;
  return () => {
    try {
      lastBytes = readBytes();
    } catch {
      // Measuring must not end the process.
    }
    return lastBytes;
  };
}

/** Returns how many files and sockets this process may have open. Infinity if the system does not tell, or sets no limit. */
export function openFilesLimit(): number {
  try {
    const [, count] = OPEN_FILES.exec(readFileSync(LIMITS_FILE, 'utf8')) ?? [];
    return count === undefined ? Number.POSITIVE_INFINITY : Number(count);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
