/**
 * The downstream side of relays: every track of another node that somebody here knows of, and the news about them. To sessions such a track
 * is like any other in the directory of tracks; what they do with it at the shard comes here by way of `RelayingShard`.
 */
import type { SubscriberTrackPlan } from '@causeway/media';
import { nodeNoOf, parseSessionId } from '@causeway/protocol';
import type { Clock } from '../clock.ts';
import type { TrackCloseReason } from '../events.ts';
import type { TrackRecord } from '../registry/index.ts';
import type { TrackDirectory } from '../session/track-directory.ts';
import type { Shard } from '../shard.ts';
import type { ArrivingLayers } from './arriving-layers.ts';
import type { FedExport, ImportLeg } from './import-leg.ts';
import type { ImportParts } from './import-parts.ts';
import { ImportedTrack } from './imported-track.ts';
import type { ControlMessage, Refusal } from './links/control-messages.ts';
import type { NodeLink } from './links/node-link.ts';
import type { RouteFinder } from './path/route-finder.ts';
import { tellableTrack } from './tellable-track.ts';

/** A track that was looked up and not subscribed to after all: offers take up to 15 s to be answered or given up. */
const FORGET_AFTER_MS = 60_000;

export interface RelayImporterOptions {
  /** The engine's own, without any relaying. */
  readonly shard: Shard;
  readonly linkTo: (nodeNo: number) => NodeLink | undefined;
  readonly routes: RouteFinder;
  readonly arriving: ArrivingLayers;
  readonly directory: TrackDirectory;
  readonly clock: Clock;
}

export class RelayImporter {
  readonly #options: RelayImporterOptions;
  readonly #parts: ImportParts;
  readonly #tracks = new Map<string, ImportedTrack>();
  readonly #wants = new Map<number, { readonly track: ImportedTrack; readonly leg: ImportLeg }>();
  readonly #wantOfTrackId = new Map<string, number>();
  /** Publication of each subscription that is fed by a relay. */
  readonly #sourceOf = new Map<string, ImportedTrack>();
  /** When tracks ended that an old record in the registry might still tell of. */
  readonly #ended = new Map<string, number>();
  #lastWantId = 0;

  constructor(options: RelayImporterOptions) {
    this.#options = options;
    const { shard, linkTo, routes, clock } = options;
    this.#parts = {
      shard,
      linkTo,
      routes,
      clock,
      nextWantId: () => ++this.#lastWantId,
      onLegOpened: (track, leg) => this.#noteLeg(track, leg),
      onLegEnded: (leg) => this.#forgetLeg(leg),
      onGone: (track, reason) => this.#finish(track, reason),
    };
  }

  get tracks(): Iterable<ImportedTrack> {
    return this.#tracks.values();
  }

  get counts(): { readonly importedTracks: number; readonly legs: number; readonly fedSubscriptions: number } {
    return { importedTracks: this.#tracks.size, legs: this.#wants.size, fedSubscriptions: this.#sourceOf.size };
  }

  find(publicationId: string): ImportedTrack | undefined {
    return this.#tracks.get(publicationId);
  }

  /**
   * Makes a track of another node known here, so that it can be subscribed to.
   *
   * @returns false if it has ended, as its owner said, if its session id names no node, or if it is known as a track of another session
   */
  admit(record: TrackRecord): boolean {
    if (this.#isOfAnotherSession(record)) return false;
    const known = this.#tracks.get(record.publicationId);
    if (known?.isKnownFirstHand) return true;
    const sessionId = parseSessionId(record.sessionId);
    if (sessionId === undefined || this.#ended.has(record.publicationId)) return false;
    this.#learn(tellableTrack(record), nodeNoOf(sessionId));
    return true;
  }

  /** The same with a track of which its owner tells that it has its name now, whoever was known to have it. */
  admitNamed(record: TrackRecord): void {
    const known = this.#tracks.get(record.publicationId);
    // Only the name is news of a track that its owner keeps this node up to date about.
    if (known?.isKnownFirstHand) this.#learn({ ...known.record, customTrackName: record.customTrackName }, known.ownerNo);
    else this.admit(record);
    this.#options.directory.confirmName(record.publicationId);
  }

  // What sessions and relays further downstream do at the shard.

  /** @returns false if the source is no track of another node */
  putSubscriber(plan: SubscriberTrackPlan): boolean {
    const track = this.#tracks.get(plan.sourceTrackId ?? '');
    const before = this.#sourceOf.get(plan.subscriptionId);
    if (before !== undefined && before !== track) this.releaseSubscriber(plan.subscriptionId);
    if (track === undefined) return false;
    this.#sourceOf.set(plan.subscriptionId, track);
    track.putSubscriber(plan);
    return true;
  }

  /** The subscription is over, or has another source; the engine is told by the caller. */
  releaseSubscriber(subscriptionId: string): void {
    this.#sourceOf.get(subscriptionId)?.releaseSubscriber(subscriptionId);
    this.#sourceOf.delete(subscriptionId);
  }

  /** The path of a subscriber is too narrow for the best layer that comes over a link, or not any more. */
  needLowerLayers(subscriptionId: string, areNeeded: boolean): void {
    this.#sourceOf.get(subscriptionId)?.needLowerLayers(subscriptionId, areNeeded);
  }

  attach(publicationId: string, fed: FedExport, rest: readonly number[], requester: number): ImportLeg | Refusal {
    return this.#tracks.get(publicationId)?.attach(fed, rest, requester) ?? 'unknown-track';
  }

  // What links and the engine tell.

  /** @returns whether the message was one from an upstream neighbour about a want */
  handleMessage(link: NodeLink, message: ControlMessage): boolean {
    if (!('wantId' in message)) return false;
    const want = this.#wants.get(message.wantId);
    if (want?.leg.link !== link) return false;
    const { track, leg } = want;
    if (message.type === 'accepted') {
      this.#learn(message.track, track.ownerNo);
      track.onAccepted(leg, message);
    } else if (message.type === 'track') this.#learn(message.track, track.ownerNo);
    else if (message.type === 'refused') track.onRefused(leg, message);
    else if (message.type === 'closed') this.#finish(track, message.reason);
    else return false;
    return true;
  }

  /** @returns whether it was about a leg */
  onTrackActive(trackId: string): boolean {
    const want = this.#wants.get(this.#wantOfTrackId.get(trackId) ?? 0);
    want?.track.onActive(want.leg);
    return want !== undefined;
  }

  onTransportGone(transportId: string): void {
    for (const track of this.all()) track.onTransportGone(transportId);
  }

  /** The map of links has changed. */
  onRoutesChanged(): void {
    for (const track of this.all()) track.choose();
  }

  /** A node was given up, and its sessions with it; one that only stood still comes back with all of them. */
  onNodeLost(nodeNo: number): void {
    for (const track of this.all()) if (track.ownerNo === nodeNo) this.#finish(track, 'session_closed', { mayReturn: true });
  }

  /** To be called once a second. */
  tick(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const track of this.all()) {
      track.tick();
      this.#forgetIfIdle(nowMs, track);
    }
    for (const [publicationId, endedAtMs] of this.#ended) if (nowMs - endedAtMs >= FORGET_AFTER_MS) this.#ended.delete(publicationId);
  }

  all(): readonly ImportedTrack[] {
    return [...this.#tracks.values()];
  }

  /**
   * Whoever can write to the registry can say there that a track is of their own app. A track that is here already, published on this
   * node or watched, is handed out by the app that it is known to have; of any other its owner is asked.
   */
  #isOfAnotherSession({ publicationId, appId, sessionId }: TrackRecord): boolean {
    const known = this.#options.directory.recordOf(publicationId);
    return known !== undefined && (known.appId !== appId || known.sessionId !== sessionId);
  }

  #learn(record: TrackRecord, ownerNo: number): void {
    const known = this.#tracks.get(record.publicationId);
    if (known === undefined) this.#tracks.set(record.publicationId, new ImportedTrack(record, ownerNo, this.#parts));
    const before = this.#options.directory.recordOf(record.publicationId);
    // First, so that nodes further downstream have opened their legs again before they hear that the old ones are broken.
    if (JSON.stringify(before) !== JSON.stringify(record)) this.#options.directory.put(record, { takesName: false });
    known?.describe(record);
  }

  /** Whoever follows it is told while it is still there to be let go of. */
  #finish(track: ImportedTrack, reason: TrackCloseReason, { mayReturn = reason === 'unreachable' } = {}): void {
    const { publicationId } = track.record;
    if (this.#tracks.get(publicationId) !== track) return;
    // One that cannot be reached now may well be there again in a moment.
    if (!mayReturn) this.#ended.set(publicationId, this.#options.clock.nowMs());
    this.#options.directory.remove(publicationId, reason);
    this.#tracks.delete(publicationId);
    track.close();
    for (const [subscriptionId, source] of this.#sourceOf) if (source === track) this.#sourceOf.delete(subscriptionId);
  }

  #forgetIfIdle(nowMs: number, { record: { publicationId }, idleSinceMs }: ImportedTrack): void {
    if (idleSinceMs === undefined || nowMs - idleSinceMs < FORGET_AFTER_MS) return;
    if (this.#options.directory.isFollowed(publicationId)) return;
    this.#options.directory.forget(publicationId);
    this.#tracks.delete(publicationId);
  }

  #noteLeg(track: ImportedTrack, leg: ImportLeg): void {
    this.#options.arriving.notePublished({ trackId: leg.trackId, transportId: leg.options.transportId });
    this.#wants.set(leg.options.wantId, { track, leg });
    this.#wantOfTrackId.set(leg.trackId, leg.options.wantId);
  }

  #forgetLeg(leg: ImportLeg): void {
    this.#options.arriving.forgetTrack(leg.trackId);
    this.#wants.delete(leg.options.wantId);
    this.#wantOfTrackId.delete(leg.trackId);
  }
}
