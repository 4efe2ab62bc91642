/**
 * Connects an SFU to the other nodes of its cluster: the links, and the tracks (`track-relay.ts`) and data channels
 * (`data-relay.ts`) that enter and leave over them. This file only wires the parts together; each part gets the events
 * of links and of the engine in a fixed order.
 */
import type { EngineEvent, EngineEventListener } from '@causeway/media';
import { nodeNoOf, parseSessionId } from '@causeway/protocol';
import type { Clock } from '../clock.ts';
import type { RelayInspection } from '../inspection.ts';
import type { Random } from '../random.ts';
import type { DataChannelRecord, TrackRecord, TrackReference } from '../registry/index.ts';
import type { DataDirectory } from '../session/data/data-directory.ts';
import type { DataChannelReference, OwnerAnswer, OwnerDataAnswer, OwnerReference, RemoteTracks } from '../session/remote-tracks.ts';
import type { TrackDirectory } from '../session/track-directory.ts';
import type { Shard } from '../shard.ts';
import { ArrivingLayers } from './arriving-layers.ts';
import type { ClusterAssembly, LinkEvent } from './cluster-assembly.ts';
import { createDataRelay, type DataRelay } from './data-relay.ts';
import { type ControlMessage, LINK_DATA_VERSION, MAX_TOLD_LINKS } from './links/control-messages.ts';
import type { LinkListener } from './links/link-state.ts';
import type { NodeLink } from './links/node-link.ts';
import { NodeLinks } from './links/node-links.ts';
import { OwnerQuestions } from './owner-questions.ts';
import { Greetings } from './path/greetings.ts';
import { LinkStateTable } from './path/link-state-table.ts';
import { LinkStateTeller, type LinkStateUpdate } from './path/link-state-teller.ts';
import { MissingLinks } from './path/missing-links.ts';
import { DEFAULT_MAX_FAN_OUT } from './path/region-tree.ts';
import { RouteFinder } from './path/route-finder.ts';
import { PathReporter, type TrackPath } from './path-reporter.ts';
import { RelayingShard } from './relaying-shard.ts';
import { createTrackRelay, type RelaySideOptions, type TrackRelay } from './track-relay.ts';

export interface RelayOptions extends ClusterAssembly {
  readonly shard: Shard;
  readonly clock: Clock;
  readonly random: Random;
  readonly tracks: TrackDirectory;
  readonly dataChannels: DataDirectory;
  /** Answers questions of other nodes about this node's own sessions. */
  readonly answer: (appId: string, reference: OwnerReference) => OwnerAnswer & OwnerDataAnswer;
  /** Returns how many subscriptions of its sessions receive a track or data channel of its own. */
  readonly countSubscribers: (publicationId: string) => number;
}

export class Relay implements RemoteTracks {
  /** The shard as sessions see it. */
  readonly shard: RelayingShard;
  readonly links: NodeLinks;
  readonly table = new LinkStateTable();
  readonly routes: RouteFinder;
  readonly tracks: TrackRelay;
  readonly data: DataRelay;
  readonly #options: RelayOptions;
  readonly #arriving = new ArrivingLayers();
  readonly #questions: OwnerQuestions;
  readonly #paths: PathReporter;
  readonly #teller: LinkStateTeller;
  readonly #greetings: Greetings;
  readonly #missing: MissingLinks;
  /** Receives the events for sessions; undefined until they listen. */
  #sessions: EngineEventListener | undefined = undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
    const { shard, directory: nodes, tracks, dataChannels, clock, answer, countSubscribers } = options;
    const arriving = this.#arriving;
    const linkTo = (nodeNo: number) => this.links.find(nodeNo);
    this.routes = new RouteFinder(nodes, this.table, options.maxFanOut ?? DEFAULT_MAX_FAN_OUT);
    const { routes } = this;
    let lastId = 0;
    const onDefect = (error: unknown) => this.#log({ type: 'link.defect', error });
    const beforeAsking = (link: NodeLink) => this.#teller.tellBeforeAsking(link);
    const side: RelaySideOptions = { shard, linkTo, routes, clock, nextId: () => ++lastId, beforeAsking, onDefect };
    this.tracks = createTrackRelay({ ...side, arriving, directory: tracks });
    this.data = createDataRelay({ ...side, directory: dataChannels, onOverflow: (ids) => this.#endSubscriptions(ids) });
    this.links = this.#createLinks();
    this.#questions = new OwnerQuestions({ routes, linkTo, clock, answer });
    this.#paths = new PathReporter({
      links: this.links,
      routes,
      findSource: (publicationId) => this.tracks.importer.find(publicationId) ?? this.data.importer.find(publicationId),
      exports: () => [...this.tracks.exporter.all, ...this.data.exporter.all],
      clock,
      countSubscribers,
    });
    this.#teller = this.#createTeller();
    this.#greetings = new Greetings({ clock, greet: (links) => this.#greet(links) });
    this.#missing = new MissingLinks({
      nodes,
      table: this.table,
      links: () => this.links.all,
      clock,
      random: () => uniform(options.random),
    });
    this.shard = new RelayingShard({
      inner: shard,
      tracks: this.tracks.importer,
      data: this.data.importer,
      arriving,
      handleEvent: (event, sessions) => this.#handleEvent(event, sessions),
    });
  }

  /** Starts to connect to the other nodes. The shard must have its listener. */
  open(): void {
    this.#teller.noteLinks();
    this.links.open();
  }

  close(): void {
    this.#questions.close();
    this.#paths.close();
    this.links.close();
    this.#greetings.close();
    this.#teller.close();
    this.routes.close();
  }

  // Sessions ask these questions.

  /** @returns the node that owns the session if it is not this one */
  ownerOf(sessionId: string): number | undefined {
    const parsed = parseSessionId(sessionId);
    const owner = parsed === undefined ? undefined : nodeNoOf(parsed);
    return owner === this.routes.selfNo ? undefined : owner;
  }

  /** @returns false if the track has ended */
  admit(record: TrackRecord): boolean {
    return this.tracks.importer.admit(record);
  }

  /** @returns false if the data channel has ended */
  admitData(record: DataChannelRecord): boolean {
    return this.data.importer.admit(record);
  }

  isKnownFirstHand(publicationId: string): boolean {
    const source = this.tracks.importer.find(publicationId) ?? this.data.importer.find(publicationId);
    return source?.isKnownFirstHand ?? false;
  }

  /** Whether a track of that node can be requested now, or once its link is up. */
  canReach(nodeNo: number): boolean {
    const link = this.links.find(nodeNo);
    return (link !== undefined && link.state.type !== 'refused') || this.routes.plan(nodeNo, '', new Map()) !== undefined;
  }

  /** Whether the node supports data channels on links. One that is not in the directory may have any version. */
  carriesData(nodeNo: number): boolean {
    return (this.#options.directory.find(nodeNo)?.linkVersions.max ?? LINK_DATA_VERSION) >= LINK_DATA_VERSION;
  }

  /** @returns undefined if the owner cannot be asked, or does not answer within a second */
  async ask(appId: string, reference: TrackReference): Promise<OwnerAnswer | undefined> {
    const owner = this.ownerOf(reference.sessionId);
    return owner === undefined ? undefined : this.#questions.ask(owner, appId, reference);
  }

  /** Like `ask`, for a data channel. */
  async askData(appId: string, reference: DataChannelReference): Promise<OwnerDataAnswer | undefined> {
    const owner = this.ownerOf(reference.sessionId);
    return owner === undefined ? undefined : this.#questions.ask(owner, appId, reference);
  }

  /** Reports how a track or data channel of this node reaches the other nodes. */
  pathOf(publicationId: string): Promise<TrackPath> {
    return this.#paths.report(publicationId);
  }

  /** @returns ids of the subscriptions that send a data channel to other nodes */
  dataFeedsOf(publicationId: string): readonly string[] {
    const feeds = this.data.exporter.all.filter((each) => each.publicationId === publicationId);
    return feeds.map(({ subscriptionId }) => subscriptionId);
  }

  inspect(): RelayInspection {
    return {
      links: this.links.all.map((link) => ({
        nodeNo: link.peer.nodeNo,
        region: link.peer.region,
        state: link.state.type,
        ...this.table.find(this.routes.selfNo)?.links.get(link.peer.nodeNo),
      })),
      refusedLinkReports: { ...this.#teller.refused },
      importedTracks: this.tracks.importer.counts.sources,
      legs: this.tracks.importer.counts.legs,
      fedSubscriptions: this.tracks.importer.counts.fedSubscriptions,
      exports: this.tracks.exporter.size,
      exportedNames: this.tracks.nameExports.size + this.data.nameExports.size,
      followedNames: this.tracks.names.size + this.data.names.size,
      importedDataChannels: this.data.importer.counts.sources,
      dataLegs: this.data.importer.counts.legs,
      fedDataSubscriptions: this.data.importer.counts.fedSubscriptions,
      dataExports: this.data.exporter.size,
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

  #createTeller(): LinkStateTeller {
    const { directory: nodes, prices = [], clock } = this.#options;
    const onChanged = () => this.#onRoutesChanged();
    const onUntold = (links: number) => this.#log({ type: 'link.untold', links, told: MAX_TOLD_LINKS });
    return new LinkStateTeller({ nodes, table: this.table, links: () => this.links.all, prices, clock, onChanged, onUntold });
  }

  #handleEvent(event: EngineEvent, sessions: EngineEventListener): void {
    this.#sessions = sessions;
    if (event.type === 'lower-layers-needed') this.#needLowerLayers(event);
    if (this.links.handleEvent(event) || this.data.handleEvent(event)) return;
    const { importer, exporter } = this.tracks;
    if (event.type === 'track-activity' && event.activity === 'active' && importer.onTrackActive(event.trackId)) return;
    if (event.type === 'layers-changed') {
      this.#arriving.noteChange(event.trackId, event.rids);
      for (const each of exporter.all) if (each.sourceTrackId === event.trackId) each.refresh();
    }
    sessions(event);
  }

  /** A link to a subscriber of this node, or to a neighbour, is too narrow for the best layer, or wide enough again. */
  #needLowerLayers({ transportId, subscriptionId, areNeeded }: Extract<EngineEvent, { type: 'lower-layers-needed' }>): void {
    const { importer, exporter } = this.tracks;
    const fed = exporter.all.find((each) => each.transportId === transportId && each.has(subscriptionId));
    if (fed === undefined) importer.needLowerLayers(subscriptionId, areNeeded);
    else {
      fed.needLowerLayers(areNeeded);
      importer.find(fed.publicationId)?.demandChanged();
    }
  }

  #linkListener(): LinkListener<NodeLink> {
    return {
      onLinkUp: (link) => {
        this.#greetings.note(link);
        this.#missing.noteLinkUp();
        if (link.state.type === 'up') this.#log({ type: 'link.up', ...placeOf(link), version: link.state.version });
      },
      onLinkSilent: (link) => {
        this.#teller.noteLinks();
        this.#log({ type: 'link.silent', ...placeOf(link) });
      },
      onLinkHeard: (link) => {
        this.#greetings.note(link);
        this.#missing.noteLinkUp();
        this.#log({ type: 'link.heard', ...placeOf(link) });
      },
      onLinkDown: (link, transportId, reason) => {
        // The link states are updated first, so that a source that loses a leg finds another route at once.
        this.#teller.noteLinks();
        this.tracks.onTransportGone(transportId);
        this.data.onTransportGone(transportId);
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
      else this.#pass(link, message);
    } catch (error) {
      // Errors stop here, because a message from one node must not affect the others.
      this.#log({ type: 'link.defect', error });
    }
  }

  /** Passes the message to the part that it is for. */
  #pass(link: NodeLink, message: ControlMessage): void {
    if (this.#questions.handleMessage(message) || this.#paths.handleMessage(link, message)) return;
    if (!this.tracks.handleMessage(link, message)) this.data.handleMessage(link, message);
  }

  /** Ends subscriptions whose reliable messages can no longer all be delivered. The session is notified as if by the engine. */
  #endSubscriptions(subscriptionIds: readonly string[]): void {
    for (const subscriptionId of subscriptionIds) {
      this.#options.shard.send({ type: 'remove-data-subscription', subscriptionId });
      this.#sessions?.({ type: 'data-subscription-closed', subscriptionId, reason: 'overflow' });
    }
  }

  #onNodeLost(nodeNo: number): void {
    this.#teller.forget(nodeNo);
    this.tracks.importer.onNodeLost(nodeNo);
    this.data.importer.onNodeLost(nodeNo);
    this.#onRoutesChanged();
  }

  #onPulse(): void {
    this.tracks.importer.tick();
    this.data.importer.tick();
    this.#missing.tick();
    this.#measure();
  }

  #greet(links: readonly NodeLink[]): void {
    this.#teller.greet(links);
    // Their checks have measured their quality, so no route is chosen on a guess.
    this.#measure();
  }

  #measure(): void {
    this.#options.shard.ask('link-statistics').then(
      (statistics) => this.#teller.noteMeasurements(statistics),
      (error: unknown) => this.#log({ type: 'link.defect', error }),
    );
  }

  #onRoutesChanged(): void {
    this.tracks.onRoutesChanged();
    this.data.onRoutesChanged();
  }

  #log(event: LinkEvent): void {
    this.#options.onLinkEvent?.(event);
  }
}

function isAboutLinks(message: ControlMessage): message is LinkStateUpdate {
  return message.type === 'link-state' || message.type === 'links-changed' || message.type === 'link-states-known';
}

function placeOf({ peer }: NodeLink): { readonly nodeNo: number; readonly region: string } {
  return { nodeNo: peer.nodeNo, region: peer.region };
}

function uniform(random: Random): number {
  return random.bytes(4).reduce((number, byte) => number * 256 + byte, 0) / 2 ** 32;
}
