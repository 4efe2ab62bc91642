/** A node in a separate process, inspected through its debug port. */

import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort, sampleOf } from '@causeway/lab';
import type { SfuAddress } from '@causeway/loadtest';
import { launchCauseway, OWN_CHECKOUT } from '../contestants/causeway-process.ts';
import type { LaunchedSfu } from '../contestants/sfu-contestant.ts';
import { keepMainThread } from '../processes/core-share.ts';
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
  /** The media port. */
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
   * Runs a function with a node, which is stopped afterwards in any case.
   *
   * @param options options of the node, as environment variables
   * @param spreadsThreads whether its threads that carry no media may run on the cores of the load, too
   * @throws Error – the node ended too early, or the function failed
   */
  static async with<Result>(
    use: (node: WatchedNode) => Promise<Result>,
    options: Readonly<Record<string, string>> = {},
    spreadsThreads = false,
  ): Promise<Result> {
    const ports = { debug: String(await findFreePort('tcp')), udp: String(await findFreePort('udp')) };
    const own = { CAUSEWAY_DEBUG_PORT: ports.debug, CAUSEWAY_UDP_PORT: ports.udp };
    const { process, address } = await launchCauseway(OWN_CHECKOUT, { ...own, ...options }, spreadsThreads ? availableParallelism() : 1);
    const started = address.then((reached) => {
      if (spreadsThreads) keepMainThread(process.pid, 1);
      return use(new WatchedNode(process, reached, ports));
    });
    try {
      return await Promise.race([started, process.died]);
    } finally {
      await process.stop();
    }
  }

  /** The last part of its output. */
  get log(): string {
    return this.#process.outputTail;
  }

  /** Returns the memory in use after forced garbage collections. */
  memory(): Promise<MemorySample> {
    return this.#process.ask('memory');
  }

  /** Measures the event loop delay of the node. @returns a function that stops and returns the result */
  async watchEventLoop(): Promise<() => Promise<EventLoopDelay>> {
    const watch = await this.#process.ask('watchEventLoop');
    return () => this.#process.ask('unwatchEventLoop', watch);
  }

  async liveObjects(): Promise<LiveObjects> {
    return (await (await fetch(`${this.#debugUrl}/debug/objects`)).json()) as LiveObjects;
  }

  /** Returns the value of one sample of `/metrics`, named with its labels; 0 if it is absent. */
  async metric(sample: string): Promise<number> {
    return sampleOf(await (await fetch(`${this.#debugUrl}/metrics`)).text(), sample);
  }

  /** Polls until the condition holds or the deadline passes. @returns the last result */
  async lookUntil(condition: (seen: LiveObjects) => boolean, deadlineMs: number): Promise<LiveObjects> {
    const endMs = performance.now() + deadlineMs;
    for (;;) {
      const seen = await this.liveObjects();
      if (condition(seen) || performance.now() > endMs) return seen;
      await sleep(POLL_MS);
    }
  }
}

/** Returns every count that is not zero, as `engine.timers: 3`. HTTP connections are omitted, since clients keep idle ones. */
export function objectsLeft({ objects: { http: _http, ...objects } }: Pick<LiveObjects, 'objects'>): string[] {
  return Object.entries(objects).flatMap(([part, counts]) =>
    Object.entries(counts).flatMap(([kind, count]) => (count === 0 ? [] : [`${part}.${kind}: ${count}`])),
  );
}
