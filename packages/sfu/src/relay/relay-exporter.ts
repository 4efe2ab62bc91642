/** The upstream side of relays: what neighbours want of the tracks that this node has, its own and those that it only passes on. */
import { nodeNoOf, parseSessionId } from '@causeway/protocol';
import type { Clock } from '../clock.ts';
import { nameKey, type TrackDirectory } from '../session/track-directory.ts';
import type { Shard } from '../shard.ts';
import type { ArrivingLayers } from './arriving-layers.ts';
import type { ControlMessage, ControlMessageOf, Refusal } from './links/control-messages.ts';
import type { NodeLink } from './links/node-link.ts';
import { NameExport } from './name-export.ts';
import type { RouteFinder } from './path/route-finder.ts';
import { RelayExport, type RelayExportParts } from './relay-export.ts';
import type { RelayImporter } from './relay-importer.ts';

export interface RelayExporterOptions {
  readonly shard: Shard;
  readonly routes: RouteFinder;
  readonly importer: RelayImporter;
  readonly arriving: ArrivingLayers;
  readonly directory: TrackDirectory;
  readonly clock: Clock;
  /** For tracks that this node only passes on: whose they are. */
  readonly noteApp: (sessionId: string, appId: string) => void;
  readonly onDefect: (error: unknown) => void;
}

/** As many as a message has room for. */
const MAX_OTHERS = 64;

export class RelayExporter {
  readonly #options: RelayExporterOptions;
  readonly #parts: RelayExportParts;
  /** By transport and want. */
  readonly #exports = new Map<string, RelayExport>();
  readonly #names = new Map<string, NameExport>();

  constructor(options: RelayExporterOptions) {
    this.#options = options;
    const { shard, routes, arriving, clock, onDefect } = options;
    this.#parts = { shard, selfNo: routes.selfNo, arriving, clock, onDefect, onEnded: (ended) => this.#forget(ended) };
  }

  get all(): readonly RelayExport[] {
    return [...this.#exports.values()];
  }

  get counts(): { readonly exports: number; readonly exportedNames: number } {
    return { exports: this.#exports.size, exportedNames: this.#names.size };
  }

  /** @returns whether the message was one from a downstream neighbour */
  handleMessage(link: NodeLink, message: ControlMessage): boolean {
    const { transportId } = link;
    if (transportId === undefined) return false;
    switch (message.type) {
      case 'subscribe':
        this.#open(link, transportId, message);
        return true;
      case 'demand':
        this.#changeDemand(transportId, message);
        return true;
      case 'unsubscribe':
        this.#close(transportId, message.wantId);
        return true;
      case 'follow':
        this.#follow(link, transportId, message);
        return true;
      case 'unfollow':
        this.#unfollow(key(transportId, message.followId));
        return true;
      default:
        return false;
    }
  }

  /** Layers of a track come or go, or another one is the best. */
  onLayersChanged(trackId: string): void {
    for (const each of this.all) if (each.sourceTrackId === trackId) each.refresh();
  }

  /** Nothing is left of what was sent over it. */
  onTransportGone(transportId: string): void {
    for (const each of this.all) if (each.transportId === transportId) this.#end(each, false);
    for (const id of [...this.#names.keys()]) if (id.startsWith(`${transportId} `)) this.#unfollow(id);
  }

  #open(link: NodeLink, transportId: string, want: ControlMessageOf<'subscribe'>): void {
    const { publicationId, wantId } = want;
    // One copy for each neighbour: a want that comes while an older one stands has been opened instead of it.
    for (const each of this.all) if (each.transportId === transportId && each.publicationId === publicationId) this.#end(each, true);
    const opened = new RelayExport(link, transportId, want, this.#parts);
    const outcome = this.#admit(link.peer.nodeNo, want) ?? this.#start(opened, link, want);
    if (outcome === 'started') return;
    const others = outcome === 'fan-out' && this.#hasStandIns(link.peer.nodeNo, publicationId) ? this.#neighboursWith(publicationId) : [];
    link.send({ type: 'refused', wantId, reason: outcome, others: others.slice(0, MAX_OTHERS) });
  }

  /** @returns why the track is not for this neighbour; undefined if it is */
  #admit(requester: number, { publicationId, appId, sessionId, route, track }: ControlMessageOf<'subscribe'>): Refusal | undefined {
    const { directory, importer, routes } = this.#options;
    if (route[0] !== requester || route[1] !== routes.selfNo || route.at(-1) !== ownerOf(sessionId)) return 'no-path';
    if (!directory.isOpen(publicationId) && track !== undefined && route.length > 2) importer.admit(track);
    const record = directory.recordOf(publicationId);
    if (record === undefined || record.sessionId !== sessionId) return 'unknown-track';
    if (record.appId !== appId) return 'wrong-app';
    return this.#hasRoom(requester, publicationId) ? undefined : 'fan-out';
  }

  /** Other regions get the track by one copy each, so the nodes of the owner's region must not take all the places there are. */
  #hasRoom(requester: number, publicationId: string): boolean {
    const { importer, routes } = this.#options;
    const fed = this.#neighboursWith(publicationId);
    if (fed.length >= routes.maxFanOut) return false;
    const ownRegion = routes.regionOf(routes.selfNo);
    const isMate = (nodeNo: number) => routes.regionOf(nodeNo) === ownRegion;
    const imported = importer.find(publicationId);
    if (imported === undefined) return !isMate(requester) || fed.filter(isMate).length < routes.ownRegionSlots;
    // The places that this node's own region needs are not for others, or its nodes would get the track from outside.
    const free = routes.maxFanOut - routes.childrenOf(publicationId, imported.ownerNo);
    return isMate(requester) || fed.filter((nodeNo) => !isMate(nodeNo)).length < free;
  }

  /** A node of another region that finds no room at one that has the track from elsewhere does better without this region. */
  #hasStandIns(requester: number, publicationId: string): boolean {
    const { importer, routes } = this.#options;
    return importer.find(publicationId) === undefined || routes.regionOf(requester) === routes.regionOf(routes.selfNo);
  }

  #start(opened: RelayExport, link: NodeLink, { publicationId, wantId, route }: ControlMessageOf<'subscribe'>): Refusal | 'started' {
    const { directory, importer } = this.#options;
    const record = directory.recordOf(publicationId);
    if (record === undefined) return 'unknown-track';
    const isOwn = importer.find(publicationId) === undefined;
    const source = isOwn ? undefined : importer.attach(publicationId, opened, route.slice(1), link.peer.nodeNo);
    if (typeof source === 'string') return source;
    this.#exports.set(key(opened.transportId, wantId), opened);
    directory.follow(opened, { sourceTrackIds: new Set([publicationId]), names: new Set() });
    opened.start(source, record);
    return 'started';
  }

  #neighboursWith(publicationId: string): readonly number[] {
    return this.all.filter((each) => each.publicationId === publicationId).map((each) => each.link.peer.nodeNo);
  }

  #changeDemand(transportId: string, { wantId, demand }: ControlMessageOf<'demand'>): void {
    const known = this.#exports.get(key(transportId, wantId));
    if (known === undefined) return;
    known.setDemand(demand);
    this.#options.importer.find(known.publicationId)?.demandChanged();
  }

  #close(transportId: string, wantId: number): void {
    const known = this.#exports.get(key(transportId, wantId));
    if (known !== undefined) this.#end(known, true);
  }

  #end(each: RelayExport, isInEngine: boolean): void {
    each.stop(isInEngine);
    this.#forget(each);
  }

  #forget(each: RelayExport): void {
    this.#exports.delete(key(each.transportId, each.wantId));
    this.#options.directory.unfollow(each);
    this.#options.importer.find(each.publicationId)?.detach(each);
  }

  #follow(link: NodeLink, transportId: string, message: ControlMessageOf<'follow'>): void {
    const { directory } = this.#options;
    const { sessionId, name, appId, followId } = message;
    const follower = new NameExport(link, followId, appId, directory, this.#options.onDefect);
    this.#names.set(key(transportId, followId), follower);
    this.#options.noteApp(sessionId, appId);
    directory.follow(follower, { sourceTrackIds: new Set(), names: new Set([nameKey(sessionId, name)]) });
    const holder = directory.findNamed(sessionId, name);
    if (holder !== undefined) follower.tell(holder);
  }

  #unfollow(id: string): void {
    const follower = this.#names.get(id);
    this.#names.delete(id);
    if (follower !== undefined) this.#options.directory.unfollow(follower);
  }
}

function ownerOf(sessionId: string): number | undefined {
  const parsed = parseSessionId(sessionId);
  return parsed === undefined ? undefined : nodeNoOf(parsed);
}

function key(transportId: string, id: number): string {
  return `${transportId} ${id}`;
}
