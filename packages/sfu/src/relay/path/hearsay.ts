/**
 * What neighbours say about the links of others. A node reports its links to its own neighbours, so about a node that this one has a link
 * with, only that node itself is believed. Any node could otherwise take another off everybody's map, with a later revision that has no
 * links.
 */
import type { LinkStateMessage, LinksChangedMessage } from '../links/control-messages.ts';
import type { NodeLink } from '../links/node-link.ts';

/** What is said about the links of one node. */
export type Report = LinkStateMessage | LinksChangedMessage;

interface Withheld {
  readonly link: NodeLink;
  readonly message: Report;
}

export class Hearsay {
  readonly #links: () => readonly NodeLink[];
  /** The latest report of a neighbour about each node that has an established link with this one. */
  readonly #withheld = new Map<number, Withheld>();
  /** Nodes whose known state was reported by another. */
  readonly #believed = new Set<number>();

  constructor(links: () => readonly NodeLink[]) {
    this.#links = links;
  }

  /** @returns false if the report is to be believed; otherwise it is kept until the link with its origin fails */
  withhold(link: NodeLink, message: Report): boolean {
    const { origin } = message;
    const isWithheld = link.peer.nodeNo !== origin && this.#hasLink(origin);
    if (isWithheld) this.#withheld.set(origin, { link, message });
    else this.#withheld.delete(origin);
    return isWithheld;
  }

  /**
   * Returns what was withheld about nodes with which there is no link any more. It may be news: a node that has lost its link with this one
   * can tell only others.
   */
  release(): readonly Withheld[] {
    const released = [...this.#withheld].filter(([origin]) => !this.#hasLink(origin));
    for (const [origin] of released) this.#withheld.delete(origin);
    return released.map(([, withheld]) => withheld);
  }

  /** A report was believed. */
  noteTaken(link: NodeLink, { origin }: Report): void {
    if (link.peer.nodeNo === origin) this.#believed.delete(origin);
    else this.#believed.add(origin);
  }

  /** Whether the known state of the node is what another has reported, so that a report of its own counts whatever its revision. */
  isBelieved(origin: number): boolean {
    return this.#believed.has(origin);
  }

  forget(nodeNo: number): void {
    this.#withheld.delete(nodeNo);
    this.#believed.delete(nodeNo);
  }

  #hasLink(nodeNo: number): boolean {
    return this.#links().some(({ isUp, peer }) => isUp && peer.nodeNo === nodeNo);
  }
}
