import { Bottleneck, seededRandom } from '@causeway/testkit';
import { type Impairment, UNIMPAIRED } from './impairment.ts';
import { type Direction, LinkProxy } from './link-proxy.ts';
import type { ProxiedNode } from './proxy-verbs.ts';
import { type StreamImpairment, StreamProxy } from './stream-proxy.ts';
import { type WireCount, WireTally } from './wire-tally.ts';

/** Everything between the nodes: a line for each direction of each pair, and the proxies that datagrams and calls pass through. */
export class RegionNetwork {
  readonly #directions = new Map<string, Direction>();
  readonly #links: LinkProxy[] = [];
  readonly #apis = new Map<string, StreamProxy>();
  readonly #seed: number;
  #everywhere: Impairment = UNIMPAIRED;

  private constructor(seed: number) {
    this.#seed = seed;
  }

  static async open(nodes: readonly ProxiedNode[], seed: number): Promise<RegionNetwork> {
    const network = new RegionNetwork(seed);
    const nameOf = (port: number): string => nodes.find(({ udpPort }) => udpPort === port)?.name ?? 'stranger';
    for (const { name } of nodes) for (const other of nodes) if (other.name !== name) network.#direction(name, other.name);
    for (const { name, udpPort, linkProxyPort, httpPort, apiProxyPort } of nodes) {
      const directionsOf = (senderPort: number) => ({
        there: network.#direction(nameOf(senderPort), name),
        back: network.#direction(name, nameOf(senderPort)),
      });
      network.#links.push(await LinkProxy.open({ port: linkProxyPort, targetPort: udpPort, directionsOf }));
      network.#apis.set(name, await StreamProxy.open(apiProxyPort, httpPort));
    }
    return network;
  }

  /** Changes both directions between two nodes, or between all. Properties that `change` does not name stay as they are. */
  impairLinks(change: Partial<Impairment>, between?: readonly [string, string]): void {
    if (between === undefined) this.#everywhere = { ...this.#everywhere, ...change };
    const [one, other] = between ?? [];
    for (const [key, { line }] of this.#directions) {
      if (between === undefined || key === `${one}>${other}` || key === `${other}>${one}`) line.impair({ ...line.conditions, ...change });
    }
  }

  /** @throws Error – there is no such node */
  impairApi(impairment: StreamImpairment, node?: string): void {
    if (node !== undefined && !this.#apis.has(node)) throw new Error(`There is no node ${node}`);
    for (const [name, proxy] of this.#apis) if (node === undefined || node === name) proxy.impair(impairment);
  }

  /** @throws Error – there is no such node */
  lastApiRequest(node: string): Uint8Array {
    const proxy = this.#apis.get(node);
    if (proxy === undefined) throw new Error(`There is no node ${node}`);
    return proxy.lastRequest;
  }

  /** Returns the counts since the last call of this, by `from>to`. */
  takeTally(): Record<string, WireCount> {
    return Object.fromEntries([...this.#directions].map(([key, { tally }]) => [key, tally.take()]));
  }

  #direction(from: string, to: string): Direction {
    const key = `${from}>${to}`;
    const known = this.#directions.get(key);
    if (known !== undefined) return known;
    // Each line has its own sequence of random numbers, so that what one carries decides nothing on another.
    const line = new Bottleneck(seededRandom(this.#seed + this.#directions.size));
    const direction = { line, tally: new WireTally() };
    line.impair(this.#everywhere);
    this.#directions.set(key, direction);
    return direction;
  }
}
