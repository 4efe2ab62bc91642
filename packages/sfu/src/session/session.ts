/**
 * One session: a peer connection to the SFU with its publications and subscriptions. The verbs of the API are functions
 * beside this class, which contains what they share: the state, the order of calls, and everything that follows from a
 * change of state.
 *
 * Every change goes through `commit`, which reads and writes synchronously, so that events from other sessions and from
 * the engine may arrive between any two calls.
 */
import type { TransportCloseReason } from '@causeway/media';
import { type AppId, type ConnectionState, type SessionId, SfuError, type TokenGrants } from '@causeway/protocol';
import type { SessionCloseReason, TrackCloseReason } from '../events.ts';
import {
  editPublication,
  isDataOnItsWay,
  type MediaPlan,
  mediaPlanInPieces,
  mediaPlanOf,
  type Negotiation,
  NO_MEDIA,
  subscriptions,
  type TrackSource,
  trackCount,
  withdrawOffer,
} from '../negotiation/index.ts';
import type { SessionPlace } from '../overload/app-shares.ts';
import type { DataChannelRecord, SessionRecord } from '../registry/index.ts';
import { Announcer } from './announcer.ts';
import type { DataOwner } from './data/channel-context.ts';
import { SessionData } from './data/session-data.ts';
import { handleNameTaken, handleSourcesClosed } from './follow-sources.ts';
import { OfferDesk } from './offer-desk.ts';
import {
  checkOwnTracks,
  mayPublishData,
  ownerOf,
  type SessionOwner,
  type TransportTerms,
  transportTermsOf,
  withTerms,
} from './session-access.ts';
import {
  ANSWER_TIMEOUT_MS,
  ClientDeadlines,
  GhostWatch,
  ghostIds,
  hideGhosts,
  type SessionLife,
  sessionClosedError,
} from './session-life.ts';
import type { SessionOptions, SessionParts } from './session-parts.ts';
import { inTurns, Lane } from './session-work.ts';
import { type SubscriptionChange, SubscriptionReports } from './subscription-reports.ts';
import { ToldMedia } from './told-media.ts';
import { interestOf, type TrackFollower } from './track-directory.ts';

export interface CommitOptions {
  /** Why tracks are no longer published. Default `requested`. */
  readonly closeReason?: TrackCloseReason;
  /** The plan that `planMedia` derived from the next state; it may be out of date. */
  readonly prepared?: MediaPlan | undefined;
}

const NONE_HELD: ReadonlySet<string> = new Set();

export class Session implements TrackFollower, DataOwner {
  readonly appId: AppId;
  readonly id: SessionId;
  readonly createdAtMs: number;
  readonly group: string | undefined;
  readonly autoPublish: boolean;
  readonly isHosted: boolean;
  readonly parts: SessionParts;
  readonly place: SessionPlace;
  readonly desk: OfferDesk;
  readonly reports: SubscriptionReports;
  readonly data: SessionData;
  readonly #lane = new Lane();
  readonly #announcer: Announcer;
  readonly #ghosts: GhostWatch;
  readonly #deadlines: ClientDeadlines;
  readonly #onClosed: (session: Session) => void;
  #negotiation: Negotiation;
  /** The plan for the negotiated state; the engine has it except for subscriptions on hold. */
  #planned: MediaPlan = NO_MEDIA;
  readonly #told: ToldMedia;
  #heldIds = NONE_HELD;
  #metadata: string;
  #owner: SessionOwner | undefined;
  /** Limit of the latest token; undefined if only the app's limit applies. */
  #maxTracks: number | undefined;
  /** Terms of its creation, which never change. */
  readonly #terms: TransportTerms;
  /** The latest token; undefined if the session was created with the app's secret and no token has changed it. */
  #caller: TokenGrants | undefined;
  #life: SessionLife = { type: 'open', connectionState: 'new' };

  /** @param onClosed called once, when the session has ended for any reason */
  constructor(options: SessionOptions, parts: SessionParts, onClosed: (session: Session) => void) {
    this.appId = options.appId;
    this.id = options.negotiation.sessionId;
    this.createdAtMs = parts.clock.wallClockMs();
    this.group = options.group;
    this.autoPublish = options.autoPublish;
    this.isHosted = options.isHosted ?? false;
    this.parts = parts;
    this.place = options.place;
    this.desk = new OfferDesk(this);
    this.reports = new SubscriptionReports(this.appId, this.id, parts.onEvent);
    this.data = new SessionData(this);
    const gradually = { appId: this.appId, turns: parts.descriptionTurns, onDefect: (error: unknown) => this.onDefect(error) };
    this.#told = new ToldMedia(parts.shard, gradually);
    this.#announcer = new Announcer(this.appId, this.id, parts, gradually);
    this.#ghosts = new GhostWatch(parts.clock, (ids) => this.commit(hideGhosts(this.#negotiation, ids)));
    this.#deadlines = new ClientDeadlines(
      parts.clock,
      () => this.#withdrawOffer(),
      () => this.close('setup_timeout'),
    );
    this.#onClosed = onClosed;
    this.#negotiation = options.negotiation;
    this.#metadata = options.metadata;
    this.#owner = ownerOf(options.creator);
    this.#maxTracks = options.creator?.max?.tracks;
    this.#terms = transportTermsOf(options.creator, options.connectsAtOnce ?? false, parts.limits.data);
    this.#caller = options.creator;
  }

  get negotiation(): Negotiation {
    return this.#negotiation;
  }

  get life(): SessionLife {
    return this.#life;
  }

  get metadata(): string {
    return this.#metadata;
  }

  get owner(): SessionOwner | undefined {
    return this.#owner;
  }

  /** Id of the transport in the engine; undefined until the client has sent a description. */
  get transportId(): string | undefined {
    return this.#told.transportId;
  }

  /** How long an offer of the SFU has been waiting for its answer; undefined if none is open. */
  get offerWaitsMs(): number | undefined {
    return this.#deadlines.answerDueForMs;
  }

  get isStable(): boolean {
    return this.#negotiation.signaling.type === 'stable';
  }

  /** Runs a call after all earlier ones. @throws session_closed – the session has ended since */
  run<Result>(call: () => Promise<Result>): Promise<Result> {
    this.#endAnswerHold();
    return this.#lane.run(async () => {
      if (this.#life.type === 'closed') throw sessionClosedError(this.id, this.#life);
      try {
        const result = await call();
        await this.settled();
        return result;
      } catch (error) {
        if (!(error instanceof SfuError)) this.onDefect(error);
        throw error;
      }
    });
  }

  /** Opens a session of this process, which has no client that could connect. */
  openHosted(): Promise<void> {
    this.place.noteConnected();
    this.#life = { type: 'open', connectionState: 'connected' };
    return this.open(this.#negotiation);
  }

  /** Resolves once the engine has the present state and pending registry writes have finished. */
  async settled(): Promise<void> {
    await this.#told.settled();
    await this.#announcer.settled();
  }

  /** Derives the engine's plan for a state before it is committed, which makes the commit cheaper. */
  planMedia(next: Negotiation): Promise<MediaPlan> {
    const work = mediaPlanInPieces(next, this.appId, this.#planned);
    return inTurns(this.appId, next.sections.length, work, this.parts.descriptionTurns);
  }

  record(): SessionRecord {
    const connectionState = this.#life.type === 'open' ? this.#life.connectionState : 'closed';
    const { appId, id: sessionId, group, createdAtMs } = this;
    return { appId, sessionId, metadata: this.#metadata, ...(group !== undefined && { group }), connectionState, createdAtMs };
  }

  /** Announces a new session and sets its first state. */
  open(first: Negotiation, prepared?: MediaPlan): Promise<void> {
    this.#announcer.announceSession(this.record());
    this.parts.onEvent({ type: 'session.created', appId: this.appId, sessionId: this.id });
    this.commit(first, { prepared });
    return this.settled();
  }

  setMetadata(metadata: string): void {
    this.#metadata = metadata;
    this.#announcer.announceSession(this.record());
  }

  /** Applies the limits of the latest token from now on. A session without an owner stays without one. */
  noteCaller(caller: TokenGrants): void {
    if (this.#owner !== undefined) this.#owner = ownerOf(caller);
    this.#maxTracks = caller.max?.tracks;
    this.#caller = caller;
  }

  /** @throws quota_exceeded – this state would have more tracks than the app or the token allows */
  checkTracks(next: Negotiation): void {
    checkOwnTracks(this.#maxTracks, trackCount(next), trackCount(this.#negotiation));
    this.place.checkTracks(trackCount(next));
  }

  /**
   * Makes the next state the present one, and updates the engine, the subscribers and the registry. This happens at
   * once, except that dozens of new tracks take later turns of the event loop; see `settled`.
   */
  commit(next: Negotiation, { closeReason = 'requested', prepared = this.#planned }: CommitOptions = {}): void {
    if (this.#life.type === 'closed') return;
    this.#negotiation = next;
    this.place.noteTracks(trackCount(next));
    this.#planned = withTerms(mediaPlanOf(next, this.appId, prepared), this.#terms);
    this.#applyPlan();
    this.data.follow();
    this.#announcer.announceTracks(next, closeReason);
    // A session may subscribe to itself, so the announcement above may have changed its state again.
    this.parts.directory.follow(this, interestOf(this.#negotiation));
    const isSetupDue = this.#negotiation.transport === undefined && !this.isHosted;
    this.#deadlines.watch({ isAnswerDue: !this.isStable, isSetupDue });
    if (this.#life.connectionState === 'connected') this.#ghosts.watch(ghostIds(this.#negotiation));
  }

  /** Sends nothing for these subscriptions until it is called without them; they do not change otherwise. */
  hold(heldIds: ReadonlySet<string>): void {
    if (this.#life.type === 'closed') return;
    this.#heldIds = heldIds;
    this.#applyPlan();
    this.data.hold(heldIds);
  }

  /** Ends the session; further calls do nothing. */
  close(reason: SessionCloseReason): void {
    if (this.#life.type === 'closed') return;
    this.#told.close();
    this.#end(reason);
  }

  // Events of the engine.

  onConnectionState(transportId: string, connectionState: ConnectionState): void {
    if (transportId !== this.#told.transportId) return;
    if (this.#life.type === 'closed' || this.#life.connectionState === connectionState || connectionState === 'closed') return;
    this.#life = { type: 'open', connectionState };
    this.#announcer.announceSession(this.record());
    this.parts.onEvent({ type: 'session.state', appId: this.appId, sessionId: this.id, connectionState });
    if (connectionState !== 'connected') return;
    this.place.noteConnected();
    this.#ghosts.watch(ghostIds(this.#negotiation));
  }

  /** The engine has ended the transport, so nothing remains to be closed there. */
  onTransportClosed(transportId: string, reason: TransportCloseReason): void {
    if (transportId !== this.#told.transportId) return;
    this.#planned = NO_MEDIA;
    this.#told.forget();
    this.#end(reason);
  }

  onTrackActivity(publicationId: string, status: 'active' | 'inactive'): void {
    this.commit(editPublication(this.#negotiation, publicationId, (publication) => ({ ...publication, status, isHidden: false })));
  }

  /** The client now receives another layer of a track, or a different part of what it requested. */
  onSubscriptionChanged(event: SubscriptionChange): void {
    const live = subscriptions(this.#negotiation).find(({ subscription }) => subscription.id === event.subscriptionId);
    if (live !== undefined) this.reports.changed(live, event);
  }

  // Events of other sessions.

  onSourceClosed(sourceTrackId: string, reason: TrackCloseReason): void {
    this.onSourcesClosed(new Set([sourceTrackId]), reason);
  }

  onSourcesClosed(sourceTrackIds: ReadonlySet<string>, reason: TrackCloseReason): void {
    handleSourcesClosed(this, sourceTrackIds, reason);
  }

  onNameTaken(source: TrackSource): void {
    handleNameTaken(this, source);
  }

  // Used by its data channels.

  mayPublishData(name: string): boolean {
    return mayPublishData(this.#caller, name);
  }

  announceDataChannel(record: DataChannelRecord): void {
    this.#announcer.announceDataChannel(record);
  }

  withdrawDataChannel(record: DataChannelRecord): void {
    this.#announcer.withdrawDataChannel(record);
  }

  onDefect(error: unknown): void {
    this.parts.onEvent({ type: 'session.defect', ...this.#who(), error });
    this.close('internal_error');
  }

  /** The engine can hold packets only while it is connecting. */
  #endAnswerHold(): void {
    const { transportId } = this;
    if (this.#life.type !== 'open' || this.#life.connectionState !== 'connecting' || transportId === undefined) return;
    this.parts.shard.send({ type: 'end-answer-hold', transportId });
  }

  #applyPlan(): void {
    this.#told.apply(this.#planned, this.#heldIds);
  }

  #end(reason: SessionCloseReason): void {
    if (this.#life.type === 'closed') return;
    const { clock } = this.parts;
    const life = { type: 'closed', reason, closedAtMs: clock.nowMs(), closedAt: new Date(clock.wallClockMs()).toISOString() } as const;
    this.#life = life;
    this.place.leave();
    this.#deadlines.stop();
    this.#ghosts.stop();
    this.parts.directory.unfollow(this);
    this.data.end();
    this.#announcer.withdrawAll();
    this.desk.refuseAll(sessionClosedError(this.id, life));
    this.parts.onEvent({ type: 'session.closed', ...this.#who(), reason });
    this.#onClosed(this);
  }

  #withdrawOffer(): void {
    if (this.isStable) return;
    const { state, dropped } = withdrawOffer(this.#negotiation);
    this.commit(state);
    for (const live of dropped) {
      this.reports.failed(live, 'negotiation_timeout', `the offer was not answered within ${ANSWER_TIMEOUT_MS / 1000} s and was withdrawn`);
    }
    if (!isDataOnItsWay(this.#negotiation)) this.data.subscribed.failAll('negotiation_timeout');
    this.desk.resume();
  }

  #who(): { readonly appId: AppId; readonly sessionId: SessionId } {
    return { appId: this.appId, sessionId: this.id };
  }
}
