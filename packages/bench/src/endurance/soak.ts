/** Measures whether a node grows or loses anything under load for a long time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Guests, type GuestTotals } from './guests.ts';
import { type KernelDropCounts, KernelDrops } from './kernel-drops.ts';
import { type CallReport, RunningCall } from './running-call.ts';
import { objectsLeft, WatchedNode } from './watched-node.ts';

export interface SoakOptions {
  readonly minutes: number;
  /** The seed decides everything that guests do, except how long the node takes. */
  readonly seed: number;
}

/** The state of the node at one moment, after forced collections. */
export interface SoakSample {
  readonly atMinutes: number;
  readonly sessions: number;
  /** Events are kept for ten minutes, for followers that return. Until then their number grows, and memory with it. */
  readonly eventsKept: number;
  readonly rssBytes: number;
  /** Memory in use, including external memory. */
  readonly heapBytes: number;
}

export interface SoakReport {
  readonly samples: readonly SoakSample[];
  readonly guests: GuestTotals;
  readonly call: CallReport;
  readonly dropped: KernelDropCounts;
  /** Live objects once every client has left. */
  readonly left: readonly string[];
}

const SAMPLES_AT_LEAST = 10;
const LONGEST_INTERVAL_MS = 30_000;
const MS_PER_MINUTE = 60_000;
/** A client whose goodbye was lost is closed after 35 s (docs/api.md §9). */
const SETTLE_MS = 60_000;

export function soak({ minutes, seed }: SoakOptions, note: (sample: SoakSample) => void): Promise<SoakReport> {
  return WatchedNode.with(async (node) => {
    const samples: SoakSample[] = [];
    const drops = new KernelDrops(node.udpPort);
    let guestTotals: GuestTotals | undefined;
    const call = await RunningCall.beside(node.address, (running) =>
      running.during(async () => {
        const guests = await Guests.invite(node.address, seed);
        const startedMs = performance.now();
        while (performance.now() - startedMs < minutes * MS_PER_MINUTE) {
          await sleep(Math.min(LONGEST_INTERVAL_MS, (minutes * MS_PER_MINUTE) / SAMPLES_AT_LEAST));
          const sample = await takeSample(node, (performance.now() - startedMs) / MS_PER_MINUTE);
          samples.push(sample);
          note(sample);
        }
        guestTotals = await guests.sendHome();
      }),
    );
    const dropped = drops.stop();
    const seen = await node.lookUntil((now) => objectsLeft(now).length === 0, SETTLE_MS);
    return { samples, guests: guestTotals as GuestTotals, call, dropped, left: objectsLeft(seen) };
  });
}

async function takeSample(node: WatchedNode, atMinutes: number): Promise<SoakSample> {
  const { rssBytes, heapBytes, externalBytes } = await node.memory();
  const { objects, kept } = await node.liveObjects();
  return {
    atMinutes,
    sessions: objects.sessions?.sessions ?? 0,
    eventsKept: kept.events ?? 0,
    rssBytes,
    heapBytes: heapBytes + externalBytes,
  };
}
