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

/**
 * Measures this process once a second, with timers that do not keep it alive.
 *
 * @param maxMemoryBytes of the resident set
 * @param takeUplinkLossRatio share of datagrams that were lost to a full uplink since it was called last; default: this thread sends none
 */
export function createProcessLoad(maxMemoryBytes: number, takeUplinkLossRatio: () => number = () => 0): LoadSource {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let timer: NodeJS.Timeout | undefined;
  const residentBytes = createResidentMemory();
  let utilization = performance.eventLoopUtilization();

  const lateByMs = (recordedNanoseconds: number): number => Math.max(0, recordedNanoseconds / NANOSECONDS_PER_MS - RESOLUTION_MS);

  function takeSample(): LoadSample {
    const since = performance.eventLoopUtilization(utilization);
    const sample = {
      eventLoopDelayMs: { p50: lateByMs(delays.percentile(50)), p99: lateByMs(delays.percentile(99)), max: lateByMs(delays.max) },
      utilization: since.utilization,
      memoryShare: memoryShare(residentBytes(), maxMemoryBytes),
      uplinkLossRatio: takeUplinkLossRatio(),
    };
    delays.reset();
    utilization = performance.eventLoopUtilization();
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
