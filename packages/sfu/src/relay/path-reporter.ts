/**
 * Collects the tree along which a track or data channel reaches its subscribers' nodes. Each node knows the copies that
 * it sends, and why it uses the route on which it receives its own.
 */
import type { TrackPathHop, TrackPathReply } from '@causeway/protocol';
import type { CancelTimer, Clock } from '../clock.ts';
import type { ImportLeg } from './import-leg.ts';
import { type ControlMessage, type ControlMessageOf, MESSAGE_BOUNDS, type ToldHop } from './links/control-messages.ts';
import { pathToldTo } from './links/long-routes.ts';
import type { NodeLink } from './links/node-link.ts';
import type { NodeLinks } from './links/node-links.ts';
import { linkCost } from './path/link-quality.ts';
import type { RouteFinder } from './path/route-finder.ts';
import type { RelayedExport } from './relay-exporter.ts';

/** Five steps, since a route has up to five hops. */
const BUDGET_MS = 2000;
/** The part of its time budget that each node reserves for the return of its answer. */
const STEP_MS = 400;
/** Longer than the budget, so that callers that ask in that time share the answer; each answer costs messages on all links of the track. */
const SHARED_MS = 2500;

type OwnHop = ControlMessageOf<'path-told'>['own'];

interface Subtree {
  readonly own: OwnHop;
  readonly hops: readonly ToldHop[];
  readonly unanswered: readonly number[];
}

/** A publication of another node that arrives here. */
interface ReportedSource {
  readonly ownerNo: number;
  readonly legs: Iterable<ImportLeg<unknown>>;
  readonly local: ImportLeg<unknown> | undefined;
  readonly subscriberCount: number;
}

export interface PathReporterOptions {
  readonly links: NodeLinks;
  readonly routes: RouteFinder;
  readonly findSource: (publicationId: string) => ReportedSource | undefined;
  readonly exports: () => readonly Pick<RelayedExport<never>, 'publicationId' | 'link' | 'source' | 'carried'>[];
  readonly clock: Clock;
  /** Subscriptions of sessions on this node to a track or data channel of this node. */
  readonly countSubscribers: (publicationId: string) => number;
}

export type TrackPath = Pick<TrackPathReply, 'node' | 'region' | 'subscribers' | 'hops' | 'unanswered' | 'refusedLinks'>;

export class PathReporter {
  readonly #options: PathReporterOptions;
  readonly #waiting = new Map<number, { readonly resolve: (subtree: Subtree | undefined) => void; readonly cancelTimer: CancelTimer }>();
  /** Recent reports by publication. */
  readonly #reports = new Map<string, { readonly path: Promise<TrackPath>; readonly cancelTimer: CancelTimer }>();
  #lastRequestId = 0;

  constructor(options: PathReporterOptions) {
    this.#options = options;
  }

  /**
   * @param publicationId of a track or data channel of this node
   * @returns the tree, at most two and a half seconds old
   */
  report(publicationId: string): Promise<TrackPath> {
    const known = this.#reports.get(publicationId);
    if (known !== undefined) return known.path;
    const path = this.#report(publicationId);
    const cancelTimer = this.#options.clock.schedule(SHARED_MS, () => this.#reports.delete(publicationId));
    this.#reports.set(publicationId, { path, cancelTimer });
    return path;
  }

  /** @returns whether the message was a path question or answer */
  handleMessage(link: NodeLink, message: ControlMessage): boolean {
    if (message.type === 'ask-path') void this.#answer(link, message);
    else if (message.type === 'path-told') this.#settle(message.requestId, message);
    else return false;
    return true;
  }

  close(): void {
    for (const { cancelTimer } of this.#reports.values()) cancelTimer();
    this.#reports.clear();
    for (const requestId of [...this.#waiting.keys()]) this.#settle(requestId, undefined);
  }

  async #report(publicationId: string): Promise<TrackPath> {
    const { routes, links, countSubscribers } = this.#options;
    const { hops, unanswered } = await this.#gather(publicationId, BUDGET_MS);
    const refusedLinks = links.all.flatMap(({ state, peer }) => {
      return state.type === 'refused' ? [{ node: peer.nodeNo, region: peer.region, reason: state.reason }] : [];
    });
    return {
      node: routes.selfNo,
      region: this.#regionOf(routes.selfNo),
      subscribers: countSubscribers(publicationId),
      hops: hops.map((hop) => this.#explained(hop)),
      unanswered: [...unanswered],
      refusedLinks,
    };
  }

  async #answer(link: NodeLink, { requestId, publicationId, budgetMs }: ControlMessageOf<'ask-path'>): Promise<void> {
    const { findSource, routes } = this.#options;
    const track = findSource(publicationId);
    const leg = track && [...track.legs].find((each) => each.link === link);
    const { hops, unanswered } = await this.#gather(publicationId, budgetMs - STEP_MS, link);
    if (track === undefined || leg === undefined) return;
    const alternative = routes.alternative(track.ownerNo, leg.firstHop);
    const own: OwnHop = {
      subscribers: leg === track.local ? track.subscriberCount : 0,
      route: leg.actualRoute,
      reason: leg.options.reason,
      ...(alternative && { alternative: { route: alternative.nodes, cost: alternative.cost } }),
    };
    const { hops: bound } = MESSAGE_BOUNDS;
    const told = { type: 'path-told', requestId, own, hops: hops.slice(0, bound), unanswered: unanswered.slice(0, bound) } as const;
    link.send(pathToldTo(link.version, told));
  }

  /** Collects the copies of a track that this node sends, with the trees below them. */
  async #gather(publicationId: string, budgetMs: number, from?: NodeLink): Promise<Omit<Subtree, 'own'>> {
    const sent = this.#options
      .exports()
      .filter((each) => each.publicationId === publicationId && (from === undefined || each.source?.link === from));
    const subtrees = await Promise.all(sent.map(({ link }) => this.#ask(link, publicationId, budgetMs)));
    const selfNo = this.#options.routes.selfNo;
    const hops = sent.flatMap(({ link, carried }, index): readonly ToldHop[] => {
      const subtree = subtrees[index];
      return [{ from: selfNo, to: link.peer.nodeNo, layers: carried, ...subtree?.own }, ...(subtree?.hops ?? [])];
    });
    const silent = sent.flatMap(({ link }, index) => (subtrees[index] === undefined ? [link.peer.nodeNo] : []));
    return { hops, unanswered: [...silent, ...subtrees.flatMap((subtree) => subtree?.unanswered ?? [])] };
  }

  #ask(link: NodeLink, publicationId: string, budgetMs: number): Promise<Subtree | undefined> {
    const requestId = ++this.#lastRequestId;
    if (budgetMs <= 0 || !link.send({ type: 'ask-path', requestId, publicationId, budgetMs })) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const cancelTimer = this.#options.clock.schedule(budgetMs, () => this.#settle(requestId, undefined));
      this.#waiting.set(requestId, { resolve, cancelTimer });
    });
  }

  #settle(requestId: number, subtree: Subtree | undefined): void {
    const waiting = this.#waiting.get(requestId);
    this.#waiting.delete(requestId);
    waiting?.cancelTimer();
    waiting?.resolve(subtree);
  }

  #explained(hop: ToldHop): TrackPathHop {
    const { from, to, layers, subscribers, route } = hop;
    const quality = this.#options.routes.quality(from, to);
    return {
      from,
      to,
      fromRegion: this.#regionOf(from),
      toRegion: this.#regionOf(to),
      layers: [...layers],
      ...(quality && { ...quality, cost: linkCost(quality) }),
      ...(subscribers !== undefined && { subscribers }),
      ...(route && { route: [...route] }),
      why: whyOf(hop, this.#options.routes),
    };
  }

  #regionOf(nodeNo: number): string {
    return this.#options.routes.regionOf(nodeNo) ?? '';
  }
}

function whyOf({ to, route = [], reason, alternative }: ToldHop, routes: RouteFinder): string {
  const next = route[1] ?? '';
  const cost = Math.round(routes.cost(route) ?? Number.NaN);
  const other = alternative && `the next best route, ${alternative.route.join('-')}, costs ${Math.round(alternative.cost)}`;
  switch (reason) {
    case 'only-way':
      return `there is no other route to node ${route.at(-1) ?? ''}`;
    case 'cheapest':
      return `the cheapest route, ${cost}${other === undefined ? '' : `; ${other}`}`;
    case 'region-root':
      return `node ${next} receives it for the other nodes of region ${routes.regionOf(to) ?? ''}`;
    case 'region-tree':
      return `node ${next} passes it on within region ${routes.regionOf(to) ?? ''}, which has more nodes than one node can feed`;
    case 'fan-out':
      return `the next node on the cheapest route feeds as many nodes as it may; node ${next} passes it on instead`;
    case 'asked-for':
      return `node ${to} passes it on; it had no copy of its own`;
    default:
      return `node ${to} did not answer in time`;
  }
}
