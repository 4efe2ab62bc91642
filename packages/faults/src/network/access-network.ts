import { Bottleneck, seededRandom } from '@causeway/testkit';
import type { Impairment } from './impairment.ts';
import { LinkProxy, type LinkProxyOptions } from './link-proxy.ts';
import { WireTally } from './wire-tally.ts';

export type AccessDirection = 'up' | 'down';

/** What a line carries at present, and how long a datagram waits in front of it. */
export interface LineState {
  /** The rate; Infinity for an unimpaired line. */
  readonly rateBps: number;
  readonly waitMs: number;
}

/** The port of the proxy that clients send to, and the address of the node behind it. */
export interface AccessRequest extends Omit<LinkProxyOptions, 'directionsOf'> {
  readonly seed: number;
}

/** The network between clients and a node: one line up and one down, shared by all of them. */
export class AccessNetwork {
  readonly #lines: Readonly<Record<AccessDirection, Bottleneck>>;

  private constructor(lines: Readonly<Record<AccessDirection, Bottleneck>>) {
    this.#lines = lines;
  }

  static async open(request: AccessRequest): Promise<AccessNetwork> {
    const [up, down] = [new Bottleneck(seededRandom(request.seed)), new Bottleneck(seededRandom(request.seed + 1))];
    const directions = { there: { line: up, tally: new WireTally() }, back: { line: down, tally: new WireTally() } };
    await LinkProxy.open({ ...request, directionsOf: () => directions });
    return new AccessNetwork({ up, down });
  }

  read(direction: AccessDirection): LineState {
    const line = this.#lines[direction];
    return { rateBps: line.conditions.rateBps, waitMs: line.waitMs(performance.now()) };
  }

  /** @param direction as seen from the clients. Default: both */
  impair(impairment: Impairment, direction?: AccessDirection): void {
    for (const each of direction === undefined ? (['up', 'down'] as const) : [direction]) this.#lines[each].impair(impairment);
  }
}
