import { type Child, sampleOf, startServer, untilReady } from '@causeway/lab';
import type { PlannedNode } from './region-plan.ts';

/** The real daemon of one region, which can be restarted as by a service manager. */
export class NodeDaemon {
  readonly plan: PlannedNode;
  readonly #onLine: ((line: string) => void) | undefined;
  #child: Child | undefined;

  constructor(plan: PlannedNode, onLine?: (line: string) => void) {
    this.plan = plan;
    this.#onLine = onLine;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && !this.#child.hasEnded;
  }

  /** The most recently started process. @throws Error – it was never started */
  get child(): Child {
    if (this.#child === undefined) throw new Error(`The node ${this.plan.name} was not started`);
    return this.#child;
  }

  /** @param change of its environment, for this start alone @throws Error – it is not ready in time; the message holds what it wrote */
  async start(change: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#child = startServer({
      name: this.plan.name,
      environment: { ...this.plan.environment, ...change },
      ...(this.plan.uid === undefined ? {} : { uid: this.plan.uid }),
      ...(this.#onLine === undefined ? {} : { onLine: this.#onLine }),
    });
    await untilReady(this.#child, `${this.plan.url}/readyz`);
  }

  /** Returns the value of one sample of `/metrics`, named with its labels; 0 if it is absent. */
  async metric(sample: string): Promise<number> {
    return sampleOf(await (await fetch(`http://127.0.0.1:${this.plan.debugPort}/metrics`)).text(), sample);
  }

  /** Returns the round trips of the links to other nodes, as measured by this node. */
  async linkRttsMs(): Promise<readonly number[]> {
    const text = await (await fetch(`http://127.0.0.1:${this.plan.debugPort}/metrics`)).text();
    return [...text.matchAll(/^causeway_link_round_trip_seconds\{.*\} (\S+)$/gm)].map(([, seconds]) => 1000 * Number(seconds));
  }

  /** Returns the bytes that all nodes have billed an app for a day, as read by this node from Redis. @throws Error – it cannot be read */
  async billedBytes(appId: string, day: string): Promise<number> {
    const reply = await fetch(`http://127.0.0.1:${this.plan.debugPort}/debug/usage?app=${appId}&day=${day}`);
    if (reply.status !== 200)
      throw new Error(`${this.plan.name} was asked what is billed and answered ${reply.status}: ${await reply.text()}`);
    const { bytes } = (await reply.json()) as { readonly bytes: { readonly down: number; readonly data: number } };
    return bytes.down + bytes.data;
  }
}
