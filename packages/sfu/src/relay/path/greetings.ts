/**
 * Collects links that have come up, so that their other ends are informed together. When a node of a large cluster starts, hundreds of links
 * come up within a second; each greeting compares and writes all of them, and each measurement reads all of them.
 */
import type { CancelTimer, Clock } from '../../clock.ts';
import type { NodeLink } from '../links/node-link.ts';

/** Much shorter than the second after which other nodes hear of a new link. */
const INTERVAL_MS = 100;

export interface GreetingsOptions {
  readonly clock: Clock;
  /** Informs the other ends of links that are up. */
  readonly greet: (links: readonly NodeLink[]) => void;
}

export class Greetings {
  readonly #options: GreetingsOptions;
  readonly #waiting = new Set<NodeLink>();
  #greetedAtMs = Number.NEGATIVE_INFINITY;
  #cancelTimer: CancelTimer | undefined = undefined;

  constructor(options: GreetingsOptions) {
    this.#options = options;
  }

  /** A link has come up or recovered. It is greeted at once, unless another one has just been. */
  note(link: NodeLink): void {
    const { clock } = this.#options;
    this.#waiting.add(link);
    if (this.#cancelTimer !== undefined) return;
    const waitMs = this.#greetedAtMs + INTERVAL_MS - clock.nowMs();
    if (waitMs <= 0) this.#greet();
    else this.#cancelTimer = clock.schedule(waitMs, () => this.#greet());
  }

  close(): void {
    this.#cancelTimer?.();
    this.#waiting.clear();
  }

  #greet(): void {
    this.#cancelTimer = undefined;
    this.#greetedAtMs = this.#options.clock.nowMs();
    const links = [...this.#waiting].filter(({ isUp }) => isUp);
    this.#waiting.clear();
    if (links.length > 0) this.#options.greet(links);
  }
}
