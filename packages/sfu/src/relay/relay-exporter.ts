/**
 * The upstream side of relays: what neighbours want of the tracks or data channels on this node, both its own and those
 * that it only passes on.
 */
import { nodeNoOf, parseSessionId } from '@causeway/protocol';
import type { FedExport, ImportLeg } from './import-leg.ts';
import type { ControlMessage, Refusal } from './links/control-messages.ts';
import type { NodeLink } from './links/node-link.ts';
import type { RouteFinder } from './path/route-finder.ts';
import type { RelayedRecord } from './relayed-kind.ts';

/** A neighbour's request. */
export interface RelayedWant<Record> extends RelayedRecord {
  readonly wantId: number;
  /** The nodes from the neighbour to the owner. */
  readonly route: readonly number[];
  /** Tells intermediate nodes about the publication, which they may not know. */
  readonly record: Record | undefined;
}

/** A publication that is sent to one neighbour. */
export interface RelayedExport<Record> extends FedExport {
  readonly link: NodeLink;
  readonly transportId: string;
  readonly wantId: number;
  readonly publicationId: string;
  /** Layers that are currently sent; for a data channel, one unnamed layer. */
  readonly carried: readonly string[];
  /** The leg on which it arrives; undefined if it is this node's own publication. */
  readonly source: ImportLeg<unknown> | undefined;
  start(source: ImportLeg<unknown> | undefined, record: Record): void;
  /** @param isInEngine false if the link's transport is gone, and its subscriptions with it */
  stop(isInEngine: boolean): void;
}

/** How exporting a track differs from exporting a data channel. */
export interface ExportKind<Record, Want extends RelayedWant<Record>, Export> {
  recordOf(publicationId: string): Record | undefined;
  /** @returns undefined if the message requests nothing of this kind */
  wantIn(message: ControlMessage): Want | undefined;
  /** @param onEnded the export has ended by itself, and the neighbour has been told */
  create(link: NodeLink, transportId: string, want: Want, onEnded: () => void): Export;
  /** Subscribes the export to the directory's events about its publication. */
  follow(opened: Export, record: Record): void;
  unfollow(ended: Export): void;
}

/** The sources of exports: publications of other nodes that arrive here. */
export interface ExportSources<Record> {
  find(publicationId: string): { readonly ownerNo: number; detach(fed: FedExport): void; demandChanged(): void } | undefined;
  admit(record: Record): boolean;
  attach(publicationId: string, fed: FedExport): ImportLeg<unknown> | Refusal;
}

export interface RelayExporterOptions<Record, Want extends RelayedWant<Record>, Export> {
  readonly kind: ExportKind<Record, Want, Export>;
  readonly routes: RouteFinder;
  readonly importer: ExportSources<Record>;
}

/** As many as fit into a message. */
const MAX_OTHERS = 64;

export class RelayExporter<Record extends RelayedRecord, Want extends RelayedWant<Record>, Export extends RelayedExport<Record>> {
  readonly #options: RelayExporterOptions<Record, Want, Export>;
  /** Exports by transport and want. */
  readonly #exports = new Map<string, Export>();

  constructor(options: RelayExporterOptions<Record, Want, Export>) {
    this.#options = options;
  }

  get all(): readonly Export[] {
    return [...this.#exports.values()];
  }

  get size(): number {
    return this.#exports.size;
  }

  /** Finds the export for a want of the neighbour at the other end of a transport. */
  find(transportId: string, wantId: number): Export | undefined {
    return this.#exports.get(key(transportId, wantId));
  }

  /** @returns whether the message was a request from a downstream neighbour */
  handleMessage(link: NodeLink, message: ControlMessage): boolean {
    const { transportId } = link;
    if (transportId === undefined) return false;
    const want = this.#options.kind.wantIn(message);
    if (want !== undefined) {
      this.#open(link, transportId, want);
      return true;
    }
    const known = message.type === 'unsubscribe' ? this.find(transportId, message.wantId) : undefined;
    if (known !== undefined) this.#end(known, true);
    return known !== undefined;
  }

  /** Ends the exports that were sent over a transport that is gone. */
  onTransportGone(transportId: string): void {
    for (const each of this.all) if (each.transportId === transportId) this.#end(each, false);
  }

  #open(link: NodeLink, transportId: string, want: Want): void {
    const { publicationId, wantId } = want;
    // There is one copy per neighbour, so a new want replaces an older one.
    for (const each of this.all) if (each.transportId === transportId && each.publicationId === publicationId) this.#end(each, true);
    const opened: Export = this.#options.kind.create(link, transportId, want, () => this.#forget(opened));
    const outcome = this.#admit(link.peer.nodeNo, want) ?? this.#start(opened, want);
    if (outcome === 'started') return;
    const others = outcome === 'fan-out' ? this.#standInsFor(link.peer.nodeNo, publicationId) : [];
    link.send({ type: 'refused', wantId, reason: outcome, others: others.slice(0, MAX_OTHERS) });
  }

  /** @returns why this neighbour may not have the publication; undefined if it may */
  #admit(requester: number, { publicationId, appId, sessionId, route, record: told }: Want): Refusal | undefined {
    const { kind, importer, routes } = this.#options;
    if (route[0] !== requester || route[1] !== routes.selfNo || route.at(-1) !== ownerOf(sessionId)) return 'no-path';
    if (kind.recordOf(publicationId) === undefined && told !== undefined && route.length > 2) importer.admit(told);
    const record = kind.recordOf(publicationId);
    if (record === undefined || record.sessionId !== sessionId) return 'unknown-track';
    if (record.appId !== appId) return 'wrong-app';
    return this.#hasRoom(requester, publicationId) ? undefined : 'fan-out';
  }

  /**
   * Whether there is a free slot. Every other region takes one, and the nodes of the owner's region must not take all
   * of them. If a region already has its share, further nodes receive the track from a node there, except a root of the
   * region's tree: a root is admitted, and the other copy ends once the nodes behind it have moved.
   */
  #hasRoom(requester: number, publicationId: string): boolean {
    const { importer, routes } = this.#options;
    const imported = importer.find(publicationId);
    const fed = this.#neighboursWith(publicationId);
    const isMate = (nodeNo: number) => routes.regionOf(nodeNo) === routes.regionOf(routes.selfNo);
    const inRegion = this.#fedInRegionOf(requester, fed).length;
    const most = !isMate(requester) ? 1 : imported === undefined ? routes.ownRegionSlots : Number.POSITIVE_INFINITY;
    if (inRegion >= most) return routes.isRoot(publicationId, imported?.ownerNo ?? routes.selfNo, requester);
    const regions = new Set(fed.filter((nodeNo) => !isMate(nodeNo)).map((nodeNo) => routes.regionOf(nodeNo) ?? nodeNo)).size;
    const mates = fed.filter(isMate).length;
    // Nodes of this region beyond its share are about to move, so they take no slot.
    if (imported === undefined) return Math.min(mates, routes.ownRegionSlots) + regions < routes.maxFanOut;
    if (mates + regions >= routes.maxFanOut) return isMate(requester) && this.#isOwedSlot(requester, publicationId, imported.ownerNo);
    // Slots that this node's own region needs are kept free; its nodes would otherwise receive the track from outside.
    return isMate(requester) || regions < routes.maxFanOut - routes.childrenOf(publicationId, imported.ownerNo);
  }

  /**
   * Whether a node of this region is a child of this one in the region's tree, and has a slot once those have moved that
   * belong behind other nodes.
   */
  #isOwedSlot(requester: number, publicationId: string, owner: number): boolean {
    const { routes } = this.#options;
    const parentOf = (nodeNo: number) => routes.parentOf(publicationId, owner, nodeNo);
    if (parentOf(requester) !== routes.selfNo) return false;
    const isStaying = (nodeNo: number) =>
      routes.regionOf(nodeNo) !== routes.regionOf(routes.selfNo) || [routes.selfNo, undefined].includes(parentOf(nodeNo));
    return this.#neighboursWith(publicationId).filter(isStaying).length < routes.maxFanOut;
  }

  /**
   * Returns the nodes that can pass the track on to a neighbour for which there is no slot here. If this node itself
   * imports the track, a node of another region should use a route outside this region.
   */
  #standInsFor(requester: number, publicationId: string): readonly number[] {
    const { importer, routes } = this.#options;
    const fed = this.#neighboursWith(publicationId);
    const isMate = routes.regionOf(requester) === routes.regionOf(routes.selfNo);
    const inRegion = isMate ? [] : this.#fedInRegionOf(requester, fed);
    if (inRegion.length > 0) return inRegion;
    return isMate || importer.find(publicationId) === undefined ? fed : [];
  }

  /** Excludes nodes that the requester has no link to, since they may be dead without this node knowing it yet. */
  #fedInRegionOf(requester: number, fed: readonly number[]): readonly number[] {
    const { routes } = this.#options;
    const region = routes.regionOf(requester);
    if (region === undefined) return [];
    return fed.filter((nodeNo) => routes.regionOf(nodeNo) === region && routes.cost([requester, nodeNo]) !== undefined);
  }

  #start(opened: Export, { publicationId, wantId }: Want): Refusal | 'started' {
    const { kind, importer } = this.#options;
    const record = kind.recordOf(publicationId);
    if (record === undefined) return 'unknown-track';
    const isOwn = importer.find(publicationId) === undefined;
    const source = isOwn ? undefined : importer.attach(publicationId, opened);
    if (typeof source === 'string') return source;
    this.#exports.set(key(opened.transportId, wantId), opened);
    kind.follow(opened, record);
    opened.start(source, record);
    return 'started';
  }

  /**
   * A neighbour behind a silent link takes no slot and passes nothing on: it may be dead, and the next root of its region
   * asks at the very moment at which all links to it fall silent.
   */
  #neighboursWith(publicationId: string): readonly number[] {
    return this.all.filter((each) => each.publicationId === publicationId && each.link.isUp).map((each) => each.link.peer.nodeNo);
  }

  #end(each: Export, isInEngine: boolean): void {
    each.stop(isInEngine);
    this.#forget(each);
  }

  #forget(each: Export): void {
    this.#exports.delete(key(each.transportId, each.wantId));
    this.#options.kind.unfollow(each);
    this.#options.importer.find(each.publicationId)?.detach(each);
  }
}

function ownerOf(sessionId: string): number | undefined {
  const parsed = parseSessionId(sessionId);
  return parsed === undefined ? undefined : nodeNoOf(parsed);
}

function key(transportId: string, id: number): string {
  return `${transportId} ${id}`;
}
