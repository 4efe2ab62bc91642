/** One real daemon in its own network namespace. */

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type AskedChild, type Child, sampleOf, startServer, untilReady } from '@causeway/lab';
import type { SfuAddress } from '@causeway/loadtest';
import { type NamespaceRoom, NODE_ADDRESSES } from '../room/namespace-room.ts';
import type { InsideVerbs } from './inside-verbs.ts';

const START_DEADLINE_MS = 45_000;
const HTTP_PORT = 8080;
const DEBUG_PORT = 8082;
export const UDP_PORT = 8081;

export interface EdgeNodeOptions {
  /** Default: IPv4. The node listens on one address. */
  readonly family?: 'ipv4' | 'ipv6';
  readonly workers?: number;
  /** Default: as the node detects it. `without` sends one datagram per system call. */
  readonly ffi?: 'with' | 'without';
  readonly environment?: Readonly<Record<string, string>>;
}

export class EdgeNode {
  readonly child: Child;
  readonly address: SfuAddress;
  readonly listenAddress: string;
  readonly #observer: AskedChild<InsideVerbs>;

  private constructor(child: Child, address: SfuAddress, listenAddress: string, observer: AskedChild<InsideVerbs>) {
    this.child = child;
    this.address = address;
    this.listenAddress = listenAddress;
    this.#observer = observer;
  }

  /** @param observer a process in the same namespace @throws Error – it is not ready in time; the message holds what it wrote */
  static async start(room: NamespaceRoom, observer: AskedChild<InsideVerbs>, options: EdgeNodeOptions): Promise<EdgeNode> {
    const listenAddress = NODE_ADDRESSES[options.family ?? 'ipv4'];
    const host = options.family === 'ipv6' ? `[${listenAddress}]` : listenAddress;
    const app = { appId: 'edge', secret: randomBytes(24).toString('base64url') };
    const child = startServer({
      name: 'node',
      within: (command) => room.command('node', command),
      nodeArguments: options.ffi === 'without' ? ['--no-experimental-ffi'] : [],
      environment: {
        CAUSEWAY_LISTEN: listenAddress,
        CAUSEWAY_HTTP_PORT: String(HTTP_PORT),
        CAUSEWAY_BOOKS: 'off',
        CAUSEWAY_UDP_PORT: String(UDP_PORT),
        CAUSEWAY_DEBUG_PORT: String(DEBUG_PORT),
        CAUSEWAY_APP_ID: app.appId,
        CAUSEWAY_APP_SECRET: app.secret,
        CAUSEWAY_GEOIP: 'off',
        // A node that shares two cores with its clients is late at times, which these scenarios do not test.
        CAUSEWAY_MAX_EVENT_LOOP_DELAY_MS: '10000',
        CAUSEWAY_WORKERS: String(options.workers ?? 1),
        // Sessions must be spread over all threads from the first one.
        CAUSEWAY_WORKER_FILL_PERCENT: '0',
        CAUSEWAY_DRAIN_SECONDS: '0',
        ...options.environment,
      },
    });
    const node = new EdgeNode(child, { url: `http://${host}:${HTTP_PORT}`, ...app }, listenAddress, observer);
    await untilReady(child, `${node.address.url}/readyz`, START_DEADLINE_MS, async (url) => {
      const { status, text } = await observer.ask('fetchText', url);
      return status === 0 ? text : `HTTP ${status}`;
    });
    return node;
  }

  /** Returns today's usage of this node's app, as recorded in Redis. */
  async billedBytes(): Promise<number> {
    const day = new Date().toISOString().slice(0, 10);
    const url = `http://127.0.0.1:${DEBUG_PORT}/debug/usage?app=${this.address.appId}&day=${day}`;
    const { status, text } = await this.#observer.ask('fetchText', url);
    if (status !== 200) throw new Error(`The node was asked what is billed and answered ${status}: ${text}`);
    return (JSON.parse(text) as { readonly bytes: { readonly down: number } }).bytes.down;
  }

  /** Returns the value of one sample of `/metrics`, named with its labels; 0 if it is absent. */
  async metric(sample: string): Promise<number> {
    const { text } = await this.#observer.ask('fetchText', `http://127.0.0.1:${DEBUG_PORT}/metrics`);
    return sampleOf(text, sample);
  }

  async residentBytes(): Promise<number> {
    const [, kibibytes] = /^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${this.child.pid}/status`, 'utf8')) ?? [];
    if (kibibytes === undefined) throw new Error(`The node has ended (${this.child.ending}):\n${this.child.log}`);
    return 1024 * Number(kibibytes);
  }
}
