import type { WatchedNode } from './watched-node.ts';

/** Asks a node once a second how late its event loop was. */
export class EventLoopWatch {
  readonly #node: WatchedNode;
  readonly #p99sMs: number[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(node: WatchedNode) {
    this.#node = node;
    this.#timer = setInterval(() => void this.#look(), 1_000);
  }

  /** @returns the 99th percentile of each second */
  stop(): readonly number[] {
    clearInterval(this.#timer);
    return this.#p99sMs;
  }

  async #look(): Promise<void> {
    // A node that stands still does not answer, and is asked again.
    const seconds = await this.#node.metric('causeway_event_loop_delay_seconds{quantile="0.99"}').catch(() => undefined);
    if (seconds !== undefined) this.#p99sMs.push(1000 * seconds);
  }
}
