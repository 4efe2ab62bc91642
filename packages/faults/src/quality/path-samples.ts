/** Samples of what the viewer's path carried while a scenario ran, and of what the node thought of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { NarrowAccess } from './narrow-access.ts';

const EVERY_MS = 250;

export interface PathSample {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** What the path carries in the node's estimate; 0 while there is none. */
  readonly estimateBps: number;
  /** What arrives according to the viewer's feedback. */
  readonly deliveredBps: number;
  /** What the link carries; Infinity for an unlimited one. */
  readonly capacityBps: number;
  /** How long a packet waits in front of the link. */
  readonly queueMs: number;
}

/** Reads the node's metrics and the link's queue four times a second until it is closed. */
export class PathSampler {
  readonly samples: PathSample[] = [];
  readonly #stop = new AbortController();

  /** @param debugPort of the node, for its metrics. @param access of the viewer. @param onSample is called with each sample at once */
  constructor(debugPort: number, access: NarrowAccess, onSample?: (sample: PathSample) => void) {
    void this.#run(debugPort, access, onSample);
  }

  close(): void {
    this.#stop.abort();
  }

  async #run(debugPort: number, access: NarrowAccess, onSample?: (sample: PathSample) => void): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      // The node or the link may be gone a moment before the sampler is closed.
      const sample = await readSample(debugPort, access, signal).catch(() => undefined);
      if (sample !== undefined) {
        this.samples.push(sample);
        onSample?.(sample);
      }
      await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function readSample(debugPort: number, access: NarrowAccess, signal: AbortSignal): Promise<PathSample> {
  const [metrics, line] = await Promise.all([
    fetch(`http://127.0.0.1:${debugPort}/metrics`, { signal }).then((reply) => reply.text()),
    access.read('down'),
  ]);
  const read = (rate: string) =>
    Number(new RegExp(`^causeway_path_bits_per_second\\{[^}]*"${rate}"\\} (\\S+)`, 'm').exec(metrics)?.[1] ?? 0);
  return {
    atMs: Date.now(),
    estimateBps: read('estimated'),
    deliveredBps: read('delivered'),
    capacityBps: line.rateBps,
    queueMs: line.waitMs,
  };
}
