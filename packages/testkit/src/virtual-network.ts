/** The network around one engine: a path to every known peer, with a link in each direction, and routes to other engines. */
import { Path } from '@causeway/media';
import { type Deliver, type Impairment, VirtualLink } from './virtual-link.ts';

const FIRST_PORT = 40_000;

/** The two directions of one network path. */
export interface LinkPair {
  /** Carries what the peer sends to the engine. */
  readonly up: VirtualLink;
  /** Carries what the engine sends to the peer. */
  readonly down: VirtualLink;
}

/** The route to another engine. Its path is created by the first datagram or when the engine opens it, as with sockets. */
interface Route extends LinkPair {
  readonly address: string;
  readonly port: number;
  path: Path | undefined;
}

export interface VirtualNetworkOptions {
  readonly random: () => number;
  /** Called with what arrives for the engine. */
  readonly receive: (nowMs: number, path: Path, datagram: Uint8Array, ecn?: number) => void;
}

export class VirtualNetwork {
  readonly #options: VirtualNetworkOptions;
  readonly #links = new Map<Path, LinkPair>();
  readonly #routes: Route[] = [];
  #nextPort = FIRST_PORT;

  constructor(options: VirtualNetworkOptions) {
    this.#options = options;
  }

  linksOf(path: Path): LinkPair {
    const links = this.#links.get(path);
    if (links === undefined) throw new Error(`no link for ${path.remoteAddress}:${path.remotePort}`);
    return links;
  }

  /** Adds a path to a new peer. */
  addPath(impairment: Impairment, toPeer: Deliver, address: string): Path {
    const path = new Path(address, this.#nextPort++);
    const { random, receive } = this.#options;
    const up = new VirtualLink(random, impairment, (nowMs, datagram, ecn) => receive(nowMs, path, datagram, ecn));
    const down = new VirtualLink(random, impairment, toPeer);
    this.#links.set(path, { up, down });
    return path;
  }

  /** @param links whose far ends are at the other engine; this makes `up` deliver here */
  addRoute(address: string, port: number, links: LinkPair): void {
    const route: Route = { address, port, path: undefined, ...links };
    this.#routes.push(route);
    links.up.deliver = (nowMs, datagram, ecn) => this.#options.receive(nowMs, this.#pathOf(route), datagram, ecn);
  }

  /** Implements `DatagramSink.openPath`. Datagrams to unknown addresses are lost. */
  openPath(address: string, port: number): Path {
    const route = this.#routes.find((candidate) => candidate.address === address && candidate.port === port);
    if (route !== undefined) return this.#pathOf(route);
    const path = new Path(address, port);
    const nowhere = () =>
      new VirtualLink(this.#options.random, { delayMs: 0, jitterMs: 0, lossProbability: 1, duplicateProbability: 0 }, () => {});
    this.#links.set(path, { up: nowhere(), down: nowhere() });
    return path;
  }

  releasePath(path: Path): void {
    for (const route of this.#routes) if (route.path === path) route.path = undefined;
  }

  nextArrivalMs(): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { up, down } of [...this.#links.values(), ...this.#routes]) nextMs = Math.min(nextMs, up.nextArrivalMs, down.nextArrivalMs);
    return nextMs;
  }

  deliverDue(nowMs: number): void {
    for (const { up, down } of [...this.#links.values(), ...this.#routes]) {
      up.deliverDue(nowMs);
      down.deliverDue(nowMs);
    }
  }

  #pathOf(route: Route): Path {
    if (route.path === undefined) {
      route.path = new Path(route.address, route.port);
      this.#links.set(route.path, route);
    }
    return route.path;
  }
}
