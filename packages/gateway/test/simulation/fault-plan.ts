/** What goes wrong in a simulation, drawn from its seed: a list, so that it can be shortened until only what matters is left. */

export const FAULT_KINDS = [
  'cut-link',
  'lossy-link',
  'slow-link',
  'partition',
  'cut-redis',
  'pause',
  'kill',
  'deploy',
  'node-clock-leap',
  'redis-clock-leap',
  'redis-down',
  'redis-silent',
  'redis-slow',
  'redis-flushed',
  'redis-failover',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  readonly atMs: number;
  readonly kind: FaultKind;
  readonly nodeNo: number;
  /** Another node, where it takes two. */
  readonly otherNo: number;
  readonly forMs: number;
  /** 0 to 1; how much, by kind. */
  readonly strength: number;
}

/** One in so many milliseconds, on average. */
const INTERVAL_MS = 6_000;
const MIN_DURATION_MS = 500;
const MAX_DURATION_MS = 9_000;

export function drawFaults(random: () => number, nodes: number, durationMs: number): readonly Fault[] {
  const faults: Fault[] = [];
  for (let atMs = random() * INTERVAL_MS; atMs < durationMs; atMs += 2 * INTERVAL_MS * random()) {
    const nodeNo = 1 + Math.floor(random() * nodes);
    const other = 1 + Math.floor(random() * (nodes - 1));
    faults.push({
      atMs: Math.round(atMs),
      kind: FAULT_KINDS[Math.floor(random() * FAULT_KINDS.length)] as FaultKind,
      nodeNo,
      otherNo: other >= nodeNo ? other + 1 : other,
      forMs: Math.round(MIN_DURATION_MS + random() * (MAX_DURATION_MS - MIN_DURATION_MS)),
      strength: random(),
    });
  }
  return faults;
}

export function describeFault({ atMs, kind, nodeNo, otherNo, forMs, strength }: Fault): string {
  return `${(atMs / 1000).toFixed(1)} s ${kind} ${nodeNo} (${otherNo}) for ${(forMs / 1000).toFixed(1)} s, ${strength.toFixed(2)}`;
}

/**
 * Leaves out whatever can be left out.
 *
 * @param fails whether it still fails with these alone
 * @param maxTries how often it may be asked
 */
export async function shrinkFaults(
  faults: readonly Fault[],
  fails: (fewer: readonly Fault[]) => Promise<boolean>,
  maxTries: number,
): Promise<readonly Fault[]> {
  let kept = faults;
  let tries = 0;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < kept.length && tries < maxTries; ) {
      const fewer = kept.toSpliced(start, size);
      tries++;
      if (await fails(fewer)) kept = fewer;
      else start += size;
    }
  }
  return kept;
}
