/** A node in a process of its own, and its debug port to look at it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort, sampleOf } from '@causeway/lab';
import type { SfuAddress } from '@causeway/loadtest';
import { launchCauseway, OWN_CHECKOUT } from '../contestants/causeway-process.ts';
import type { LaunchedSfu } from '../contestants/sfu-contestant.ts';
import type { EventLoopDelay, MemorySample } from '../processes/probe-verbs.ts';

/** Counts by kind within a part of the node: `objects.engine.timers`. */
type Counts = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface LiveObjects {
  readonly objects: Counts;
  readonly kept: Readonly<Record<string, number>>;
  readonly process: { readonly pid: number; readonly rssBytes: number; readonly activeResources: Readonly<Record<string, number>> };
}

const POLL_MS = 200;

export class WatchedNode {
  readonly address: SfuAddress;
  /** Of its media. */
  readonly udpPort: number;
  readonly #process: LaunchedSfu['process'];
  readonly #debugUrl: string;

  private constructor(process: LaunchedSfu['process'], address: SfuAddress, ports: { readonly debug: string; readonly udp: string }) {
    this.#process = process;
    this.address = address;
    this.udpPort = Number(ports.udp);
    this.#debugUrl = `http://127.0.0.1:${ports.debug}`;
  }

  /**
   * Runs something with a node that is stopped afterwards, whatever happens.
   *
   * @param options of the node, as environment variables
   * @throws Error – also when the node ends too early
   */
  static async with<Result>(use: (node: WatchedNode) => Promise<Result>, options: Readonly<Record<string, string>> = {}): Promise<Result> {
    const ports = { debug: String(await findFreePort('tcp')), udp: String(await findFreePort('udp')) };
    const own = { CAUSEWAY_DEBUG_PORT: ports.debug, CAUSEWAY_UDP_PORT: ports.udp };
    const { process, address } = await launchCauseway(OWN_CHECKOUT, { ...own, ...options });
    const started = address.then((reached) => use(new WatchedNode(process, reached, ports)));
    try {
      return await Promise.race([started, process.died]);
    } finally {
      await process.stop();
    }
  }

  /** The end of what it has written. */
  get log(): string {
    return this.#process.outputTail;
  }

  /** After forced collections. */
  memory(): Promise<MemorySample> {
    return this.#process.ask('memory');
  }

  /** Measures by how much the timers of the node are late. @returns what to stop it by, and to learn it */
  async watchEventLoop(): Promise<() => Promise<EventLoopDelay>> {
    const watch = await this.#process.ask('watchEventLoop');
    return () => this.#process.ask('unwatchEventLoop', watch);
  }

  async liveObjects(): Promise<LiveObjects> {
    return (await (await fetch(`${this.#debugUrl}/debug/objects`)).json()) as LiveObjects;
  }

  /** The value of one sample of `/metrics`, named with its labels; 0 if there is none. */
  async metric(sample: string): Promise<number> {
    return sampleOf(await (await fetch(`${this.#debugUrl}/metrics`)).text(), sample);
  }

  /** Looks until the condition holds, or for as long as it may take. @returns what was seen last */
  async lookUntil(condition: (seen: LiveObjects) => boolean, deadlineMs: number): Promise<LiveObjects> {
    const endMs = performance.now() + deadlineMs;
    for (;;) {
      const seen = await this.liveObjects();
      if (condition(seen) || performance.now() > endMs) return seen;
      await sleep(POLL_MS);
    }
  }
}

/** Every count that is not zero, as `engine.timers: 3`; idle HTTP connections are their clients' own business. */
export function objectsLeft({ objects: { http: _http, ...objects } }: Pick<LiveObjects, 'objects'>): string[] {
  return Object.entries(objects).flatMap(([part, counts]) =>
    Object.entries(counts).flatMap(([kind, count]) => (count === 0 ? [] : [`${part}.${kind}: ${count}`])),
  );
}
