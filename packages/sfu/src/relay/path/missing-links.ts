/**
 * Asks neighbours for the link states of nodes that this node has no link to. All other nodes report their links
 * themselves, so a node with links to all of them never asks.
 */
import type { Clock } from '../../clock.ts';
import type { NodeDirectory } from '../../nodes/index.ts';
import { LINK_CHANGES_VERSION, MAX_NODES } from '../links/control-messages.ts';
import type { NodeLink } from '../links/node-link.ts';
import type { LinkStateTable } from './link-state-table.ts';

/** Most links of a node come up within a second of the first one. Until then, neighbours pass nothing on to it (`passing-on.ts`). */
export const AFTER_LINK_UP_MS = 1500;
const INTERVAL_MS = 15_000;
/** The neighbours that are asked within a few seconds of a new link: where nodes have few links, one neighbour rarely knows everything. */
const ASKED_AT_ONCE = 4;

export interface MissingLinksOptions {
  readonly nodes: NodeDirectory;
  readonly table: LinkStateTable;
  readonly links: () => readonly NodeLink[];
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export class MissingLinks {
  readonly #options: MissingLinksOptions;
  #askAtMs: number;
  /** The earliest time at which an answer contains what the neighbour behind the newest link has not passed on. */
  #askAgainAtMs = Number.NEGATIVE_INFINITY;
  /** The number of questions since the newest link came up. */
  #asked = 0;
  readonly #askedAtMs = new WeakMap<NodeLink, number>();

  constructor(options: MissingLinksOptions) {
    this.#options = options;
    this.#askAtMs = options.clock.nowMs() + INTERVAL_MS;
  }

  noteLinkUp(): void {
    this.#askAgainAtMs = this.#options.clock.nowMs() + AFTER_LINK_UP_MS;
    this.#askAtMs = Math.min(this.#askAtMs, this.#askAgainAtMs);
    this.#asked = 0;
  }

  /** Called once a second. */
  tick(): void {
    const { clock, table } = this.#options;
    const nowMs = clock.nowMs();
    if (nowMs < this.#askAtMs) return;
    const able = this.#options.links().filter((link) => link.isUp && link.version >= LINK_CHANGES_VERSION);
    if (nowMs < this.#askAgainAtMs) this.#askAtMs = this.#askAgainAtMs;
    else if (++this.#asked >= Math.min(ASKED_AT_ONCE, able.length)) this.#askAtMs = nowMs + INTERVAL_MS;
    if (!this.#isMissingAny(able)) return;
    // States that are not listed are sent again, which costs less than a message that is too long.
    const known = table.all.slice(0, MAX_NODES).map(({ nodeNo, epoch, revision }) => [nodeNo, epoch, revision] as [number, number, number]);
    this.#next(able)?.send({ type: 'link-states-known', known, isAll: true });
  }

  /** Takes neighbours in turn, and a random one of those that have not been asked. */
  #next(able: readonly NodeLink[]): NodeLink | undefined {
    const { clock, random } = this.#options;
    const askedAtMs = (link: NodeLink) => this.#askedAtMs.get(link) ?? Number.NEGATIVE_INFINITY;
    const longestAgoMs = Math.min(...able.map(askedAtMs));
    const candidates = able.filter((link) => askedAtMs(link) === longestAgoMs);
    const next = candidates[Math.floor(random() * candidates.length)];
    if (next !== undefined) this.#askedAtMs.set(next, clock.nowMs());
    return next;
  }

  /** Other nodes may know of one before this node's directory does. */
  #isMissingAny(up: readonly NodeLink[]): boolean {
    const { nodes, table } = this.#options;
    const linked = new Set(up.map(({ peer }) => peer.nodeNo)).add(nodes.self.nodeNo);
    if (nodes.others.some(({ nodeNo }) => !linked.has(nodeNo))) return true;
    return table.all.some(({ links }) => [...links.keys()].some((nodeNo) => !linked.has(nodeNo)));
  }
}
