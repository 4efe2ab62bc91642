/**
 * What makes an SFU one of many: links to the other nodes, tracks that come in over them and go out over them. THE WIRING of its parts; each
 * hears of links and of the engine in a fixed order.
 */
import type { EngineEvent, EngineEventListener } from '@causeway/media';
import { nodeNoOf, parseSessionId } from '@causeway/protocol';
import type { Clock } from '../clock.ts';
import type { RelayInspection } from '../inspection.ts';
import type { Random } from '../random.ts';
import type { TrackRecord, TrackReference } from '../registry/index.ts';
import type { OwnerAnswer, RemoteTracks } from '../session/remote-tracks.ts';
import type { TrackDirectory } from '../session/track-directory.ts';
import type { Shard } from '../shard.ts';
import { ArrivingLayers } from './arriving-layers.ts';
import type { ClusterAssembly } from './cluster-assembly.ts';
import type { LinkEvent } from './link-event.ts';
import type { ControlMessage } from './links/control-messages.ts';
import type { LinkListener } from './links/link-listener.ts';
import type { NodeLink } from './links/node-link.ts';
import { NodeLinks } from './links/node-links.ts';
import { NameImports } from './name-imports.ts';
import { OwnerQuestions } from './owner-questions.ts';
import { LinkStateTable } from './path/link-state-table.ts';
import { LinkStateTeller, type LinkStateTidings } from './path/link-state-teller.ts';
import { MissingLinks } from './path/missing-links.ts';
import { DEFAULT_MAX_FAN_OUT } from './path/region-tree.ts';
import { RouteFinder } from './path/route-finder.ts';
import { PathReporter, type TrackPath } from './path-reporter.ts';
import { RelayExporter } from './relay-exporter.ts';
import { RelayImporter } from './relay-importer.ts';
import { RelayingShard } from './relaying-shard.ts';

export interface RelayOptions extends ClusterAssembly {
  readonly shard: Shard;
  readonly clock: Clock;
  readonly random: Random;
  readonly tracks: TrackDirectory;
  /** What this node knows of its own sessions, for others that ask. */
  readonly answer: (appId: string, reference: TrackReference) => OwnerAnswer;
  /** How many subscriptions of its sessions forward a track of its own. */
  readonly countSubscribers: (publicationId: string) => number;
}

export class Relay implements RemoteTracks {
  /** The shard that sessions drive. */
  readonly shard: RelayingShard;
  readonly links: NodeLinks;
  readonly table = new LinkStateTable();
  readonly routes: RouteFinder;
  readonly importer: RelayImporter;
  readonly exporter: RelayExporter;
  readonly #options: RelayOptions;
  readonly #arriving = new ArrivingLayers();
  readonly #names: NameImports;
  readonly #questions: OwnerQuestions;
  readonly #paths: PathReporter;
  readonly #teller: LinkStateTeller;
  readonly #missing: MissingLinks;

  constructor(options: RelayOptions) {
    this.#options = options;
    const { shard, directory: nodes, tracks: directory, clock, answer, countSubscribers } = options;
    const linkTo = (nodeNo: number) => this.links.find(nodeNo);
    const arriving = this.#arriving;
    const routes = new RouteFinder(nodes, this.table, options.maxFanOut ?? DEFAULT_MAX_FAN_OUT);
    const importer = new RelayImporter({ shard, linkTo, routes, arriving, directory, clock });
    this.routes = routes;
    this.importer = importer;
    this.links = this.#createLinks();
    this.#names = new NameImports({ importer, directory, routes, linkTo });
    this.exporter = this.#createExporter();
    this.#questions = new OwnerQuestions({ routes, linkTo, clock, answer });
    this.#paths = new PathReporter({ links: this.links, routes, importer, exporter: this.exporter, clock, countSubscribers });
    this.#teller = this.#createTeller();
    this.#missing = new MissingLinks({
      nodes,
      table: this.table,
      links: () => this.links.all,
      clock,
      random: () => uniform(options.random),
    });
    this.shard = new RelayingShard({
      inner: shard,
      importer,
      arriving,
      handleEvent: (event, sessions) => this.#handleEvent(event, sessions),
    });
    directory.watchNames(this.#names);
  }

  /** Begins to connect to the other nodes; the shard must have its listener. */
  open(): void {
    this.#teller.noteLinks();
    this.links.open();
  }

  close(): void {
    this.#questions.close();
    this.#paths.close();
    this.links.close();
    this.#teller.close();
    this.routes.close();
  }

  // What sessions ask.

  /** @returns the node that a session lives on if that is another one */
  ownerOf(sessionId: string): number | undefined {
    const parsed = parseSessionId(sessionId);
    const owner = parsed === undefined ? undefined : nodeNoOf(parsed);
    return owner === this.routes.selfNo ? undefined : owner;
  }

  /** @returns false if the track has ended */
  admit(record: TrackRecord): boolean {
    return this.importer.admit(record);
  }

  isKnownFirstHand(publicationId: string): boolean {
    return this.importer.find(publicationId)?.isKnownFirstHand ?? false;
  }

  /** Whether a track of that node can be asked for now, or as soon as its link is there. */
  canReach(nodeNo: number): boolean {
    const link = this.links.find(nodeNo);
    return (link !== undefined && link.state.type !== 'refused') || this.routes.plan(nodeNo, '', new Map()) !== undefined;
  }

  /** @returns undefined if the owner cannot be asked, or does not answer within a second */
  async ask(appId: string, reference: TrackReference): Promise<OwnerAnswer | undefined> {
    const owner = this.ownerOf(reference.sessionId);
    return owner === undefined ? undefined : this.#questions.ask(owner, appId, reference);
  }

  /** How a track of this node reaches the others. */
  pathOf(publicationId: string): Promise<TrackPath> {
    return this.#paths.report(publicationId);
  }

  inspect(): RelayInspection {
    return {
      links: this.links.all.map((link) => ({
        nodeNo: link.peer.nodeNo,
        region: link.peer.region,
        state: link.state.type,
        ...this.table.find(this.routes.selfNo)?.links.get(link.peer.nodeNo),
      })),
      ...this.importer.counts,
      ...this.exporter.counts,
      followedNames: this.#names.size,
    };
  }

  #createLinks(): NodeLinks {
    const { shard, directory: nodes, trust, clock, random } = this.#options;
    return new NodeLinks({
      shard,
      nodes,
      trust,
      clock,
      random: () => uniform(random),
      listener: this.#linkListener(),
      onNodeLost: ({ nodeNo }) => this.#onNodeLost(nodeNo),
      onPulse: () => this.#onPulse(),
    });
  }

  #createExporter(): RelayExporter {
    const { shard, tracks: directory, clock } = this.#options;
    return new RelayExporter({
      shard,
      routes: this.routes,
      importer: this.importer,
      arriving: this.#arriving,
      directory,
      clock,
      noteApp: (sessionId, appId) => this.#names.noteApp(sessionId, appId),
      onDefect: (error) => this.#log({ type: 'link.defect', error }),
    });
  }

  #createTeller(): LinkStateTeller {
    const { directory: nodes, prices = [], clock } = this.#options;
    const onChanged = () => this.#onRoutesChanged();
    return new LinkStateTeller({ nodes, table: this.table, links: () => this.links.all, prices, clock, onChanged });
  }

  #handleEvent(event: EngineEvent, sessions: EngineEventListener): void {
    if (this.links.handleEvent(event)) return;
    if (event.type === 'track-activity' && event.activity === 'active' && this.importer.onTrackActive(event.trackId)) return;
    if (event.type === 'lower-layers-needed') this.importer.needLowerLayers(event.subscriptionId, event.areNeeded);
    if (event.type === 'layers-changed') {
      this.#arriving.noteChange(event.trackId, event.rids);
      this.exporter.onLayersChanged(event.trackId);
    }
    sessions(event);
  }

  #linkListener(): LinkListener<NodeLink> {
    return {
      onLinkUp: (link) => {
        this.#teller.greet(link);
        this.#missing.noteLinkUp();
        // What it is like is known from its checks: nobody should choose a way by what it is not.
        this.#measure();
        if (link.state.type === 'up') this.#log({ type: 'link.up', ...placeOf(link), version: link.state.version });
      },
      onLinkSilent: (link) => {
        this.#teller.noteLinks();
        this.#log({ type: 'link.silent', ...placeOf(link) });
      },
      onLinkHeard: (link) => {
        this.#teller.greet(link);
        this.#missing.noteLinkUp();
        this.#log({ type: 'link.heard', ...placeOf(link) });
      },
      onLinkDown: (link, transportId, reason) => {
        // First the map, so that whoever loses a leg finds another way at once.
        this.#teller.noteLinks();
        this.exporter.onTransportGone(transportId);
        this.importer.onTransportGone(transportId);
        this.#log({ type: 'link.down', ...placeOf(link), reason });
        this.links.settleDoubts(link.peer.nodeNo);
      },
      onLinkMessage: (link, message) => this.#onMessage(link, message),
      onLinkState: (link) => {
        if (link.state.type === 'refused') this.#log({ type: 'link.refused', ...placeOf(link), reason: link.state.reason });
      },
    };
  }

  #onMessage(link: NodeLink, message: ControlMessage): void {
    try {
      if (isAboutLinks(message)) this.#teller.handleMessage(link, message);
      else if (message.type === 'name-taken') this.#names.onNameTaken(link, message);
      else this.#pass(link, message);
    } catch (error) {
      // An edge: what one node writes must not stop what the others do.
      this.#log({ type: 'link.defect', error });
    }
  }

  /** To the one part that the message is for; nobody knows what a want that is over was for. */
  #pass(link: NodeLink, message: ControlMessage): void {
    if (this.#questions.handleMessage(message) || this.#paths.handleMessage(link, message)) return;
    if (!this.importer.handleMessage(link, message)) this.exporter.handleMessage(link, message);
  }

  #onNodeLost(nodeNo: number): void {
    this.table.remove(nodeNo);
    this.importer.onNodeLost(nodeNo);
    this.#onRoutesChanged();
  }

  #onPulse(): void {
    this.importer.tick();
    this.#missing.tick();
    this.#measure();
  }

  #measure(): void {
    this.#options.shard.ask('link-statistics').then(
      (statistics) => this.#teller.noteMeasurements(statistics),
      (error: unknown) => this.#log({ type: 'link.defect', error }),
    );
  }

  #onRoutesChanged(): void {
    this.#names.onRoutesChanged();
    this.importer.onRoutesChanged();
  }

  #log(event: LinkEvent): void {
    this.#options.onLinkEvent?.(event);
  }
}

function isAboutLinks(message: ControlMessage): message is LinkStateTidings {
  return message.type === 'link-state' || message.type === 'links-changed' || message.type === 'link-states-known';
}

function placeOf({ peer }: NodeLink): { readonly nodeNo: number; readonly region: string } {
  return { nodeNo: peer.nodeNo, region: peer.region };
}

function uniform(random: Random): number {
  return random.bytes(4).reduce((number, byte) => number * 256 + byte, 0) / 2 ** 32;
}
