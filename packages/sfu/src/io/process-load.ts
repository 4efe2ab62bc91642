import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { LoadSample, LoadSource } from '../overload/load-source.ts';
import { createResidentMemory } from './resident-memory.ts';

const INTERVAL_MS = 1_000;
/**
 * The histogram's timer is due this often; what it records is the time between two of its calls, all of it. Every call wakes the process,
 * and waking is dear where little happens otherwise; a loop that is held up again and again is seen by ten looks a second as well.
 */
const RESOLUTION_MS = 100;
const NANOSECONDS_PER_MS = 1e6;

/** What a thread that carries media knows of itself. */
export interface MediaThread {
  /** Share of datagrams that were lost to a full uplink since this was called last. */
  takeUplinkLossRatio(): number;
  /** Milliseconds slept so far outside the event loop, which counts them as work. */
  readonly sleptMs: number;
}

/**
 * Measures this process once a second, with timers that do not keep it alive.
 *
 * @param maxMemoryBytes of the resident set
 * @param media default: this thread carries none
 */
export function createProcessLoad(maxMemoryBytes: number, media?: MediaThread): LoadSource {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let timer: NodeJS.Timeout | undefined;
  const residentBytes = createResidentMemory();
  let utilization = performance.eventLoopUtilization();
  let sleptBeforeMs = media?.sleptMs ?? 0;

  const lateByMs = (recordedNanoseconds: number): number => Math.max(0, recordedNanoseconds / NANOSECONDS_PER_MS - RESOLUTION_MS);

  function takeSample(): LoadSample {
    const { active, idle } = performance.eventLoopUtilization(utilization);
    const sleptMs = (media?.sleptMs ?? 0) - sleptBeforeMs;
    const sample = {
      eventLoopDelayMs: { p50: lateByMs(delays.percentile(50)), p99: lateByMs(delays.percentile(99)), max: lateByMs(delays.max) },
      utilization: active + idle > 0 ? Math.max(0, active - sleptMs) / (active + idle) : 0,
      memoryShare: memoryShare(residentBytes(), maxMemoryBytes),
      uplinkLossRatio: media?.takeUplinkLossRatio() ?? 0,
    };
    delays.reset();
    utilization = performance.eventLoopUtilization();
    sleptBeforeMs += sleptMs;
    return sample;
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

/** The JavaScript heap has a limit of its own, and reaching it ends the process just as surely. */
function memoryShare(residentBytes: number, maxMemoryBytes: number): number {
  const { used_heap_size: heapBytes, heap_size_limit: heapLimitBytes } = getHeapStatistics();
  return Math.max(residentBytes / maxMemoryBytes, heapBytes / heapLimitBytes);
}
