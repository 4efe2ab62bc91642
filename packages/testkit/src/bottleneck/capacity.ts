/** The transmission rate of one link as a function of time. It is stateful, because it tracks until when the link is busy. */
export interface Capacity {
  /** When everything accepted so far has been transmitted. */
  readonly busyUntilMs: number;
  /**
   * Transmits a datagram after those before it.
   *
   * @param readyMs when the datagram is ready; never before that of the last call
   * @returns when its last bit has left, which becomes `busyUntilMs`; Infinity if the link never transmits again
   */
  transmit(readyMs: number, sizeBytes: number): number;
}

/** A rate from a given time on. */
export interface RateStep {
  readonly fromMs: number;
  /** 0 for an outage. */
  readonly rateBps: number;
}

/** A link with a constant rate, which can be changed for later datagrams. */
export class SteadyCapacity implements Capacity {
  rateBps = Number.POSITIVE_INFINITY;
  busyUntilMs = 0;

  transmit(readyMs: number, sizeBytes: number): number {
    this.busyUntilMs = Math.max(readyMs, this.busyUntilMs) + (8000 * sizeBytes) / this.rateBps;
    return this.busyUntilMs;
  }
}

/** @param steps in order of time; the rate of the first one also applies before it */
export function steppedCapacity(steps: readonly RateStep[]): Capacity {
  let current = 0;
  let busyUntilMs = 0;
  return {
    get busyUntilMs() {
      return busyUntilMs;
    },
    transmit(readyMs, sizeBytes) {
      let atMs = Math.max(readyMs, busyUntilMs);
      let leftBits = 8 * sizeBytes;
      for (; current < steps.length; current++) {
        const rateBps = steps[current]?.rateBps ?? 0;
        const endsMs = steps[current + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
        if (endsMs <= atMs) continue;
        const doneMs = rateBps === 0 ? Number.POSITIVE_INFINITY : atMs + (1000 * leftBits) / rateBps;
        if (doneMs <= endsMs || endsMs === Number.POSITIVE_INFINITY) {
          busyUntilMs = doneMs;
          return doneMs;
        }
        leftBits -= (rateBps * (endsMs - atMs)) / 1000;
        atMs = endsMs;
      }
      busyUntilMs = Number.POSITIVE_INFINITY;
      return busyUntilMs;
    },
  };
}

/** The bytes that may leave at each line of a trace. */
const OPPORTUNITY_BYTES = 1500;

/**
 * Replays a recorded link in mahimahi's format, where each line is a time in milliseconds at which 1,500 bytes may leave. Small datagrams
 * share an opportunity, large ones take several, and unused opportunities are lost. The trace repeats after its last time.
 *
 * @throws RangeError – there are no lines, a line is not an integer, or times decrease
 * @see https://github.com/ravinet/mahimahi (mm-link)
 */
export function tracedCapacity(trace: string): Capacity {
  const times = parseTrace(trace);
  const periodMs = Math.max(1, times[times.length - 1] ?? 1);
  const timeOf = (index: number) => Math.floor(index / times.length) * periodMs + (times[index % times.length] ?? 0);
  let next = 0;
  let leftBytes = 0;
  let busyUntilMs = 0;
  return {
    get busyUntilMs() {
      return busyUntilMs;
    },
    transmit(readyMs, sizeBytes) {
      // Only a datagram that was already waiting may use the rest of the last opportunity.
      if (readyMs > busyUntilMs) leftBytes = 0;
      let needBytes = sizeBytes - leftBytes;
      let atMs = Math.max(readyMs, busyUntilMs);
      while (needBytes > 0) {
        while (timeOf(next) < atMs) next++;
        atMs = timeOf(next++);
        needBytes -= OPPORTUNITY_BYTES;
      }
      leftBytes = -needBytes;
      busyUntilMs = atMs;
      return atMs;
    },
  };
}

function parseTrace(trace: string): readonly number[] {
  const times = trace.trim().split(/\s+/).map(Number);
  times.forEach((time, index) => {
    const isAscending = time >= (times[index - 1] ?? 0);
    if (!Number.isInteger(time) || !isAscending)
      throw new RangeError(`line ${index + 1} of the trace is no time in milliseconds after the last`);
  });
  if (times[times.length - 1] === 0) throw new RangeError('the trace covers no time');
  return times;
}
