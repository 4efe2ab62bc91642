import { Bottleneck, seededRandom } from '@causeway/testkit';
import type { Impairment } from './impairment.ts';
import { LinkProxy } from './link-proxy.ts';
import { WireTally } from './wire-tally.ts';

export type AccessDirection = 'up' | 'down';

/** What clients have between them and a node: one line up and one down, shared by all of them. */
export class AccessNetwork {
  readonly #lines: Readonly<Record<AccessDirection, Bottleneck>>;

  private constructor(lines: Readonly<Record<AccessDirection, Bottleneck>>) {
    this.#lines = lines;
  }

  /** @param request port of the proxy that clients send to, and of the node behind it */
  static async open(request: { readonly port: number; readonly targetPort: number; readonly seed: number }): Promise<AccessNetwork> {
    const [up, down] = [new Bottleneck(seededRandom(request.seed)), new Bottleneck(seededRandom(request.seed + 1))];
    const directions = { there: { line: up, tally: new WireTally() }, back: { line: down, tally: new WireTally() } };
    await LinkProxy.open({ ...request, directionsOf: () => directions });
    return new AccessNetwork({ up, down });
  }

  /** @param direction seen from the clients; both unless it is named */
  impair(impairment: Impairment, direction?: AccessDirection): void {
    for (const each of direction === undefined ? (['up', 'down'] as const) : [direction]) this.#lines[each].impair(impairment);
  }
}
