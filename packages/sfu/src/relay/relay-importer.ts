/**
 * The downstream side of relays: all tracks, or all data channels, of other nodes that are known here, and the messages
 * about them. Sessions see them in the directory like local ones; sessions' commands to the shard reach this file
 * through `RelayingShard`.
 */
import { nodeNoOf, parseSessionId } from '@causeway/protocol';
import type { Clock } from '../clock.ts';
import type { FedExport, ImportLeg } from './import-leg.ts';
import { ImportedSource } from './imported-source.ts';
import type { ControlMessage, Refusal } from './links/control-messages.ts';
import type { NodeLink } from './links/node-link.ts';
import type { SharedImportParts } from './open-leg.ts';
import type { RouteFinder } from './path/route-finder.ts';
import type { LegEnd, LegNews, RelayedDirectory, RelayedKind, RelayedPlan, RelayedRecord } from './relayed-kind.ts';

/** How long a publication stays known after a lookup without a subscription; offers take up to 15 s to be answered or withdrawn. */
const FORGET_AFTER_MS = 60_000;

/** The last messages of an ended publication arrive within this time, or never. */
const LAST_MESSAGES_MS = 5_000;

/** The neighbour's message about the end of a leg may arrive after the end itself. */
const NEWS_WITHIN_MS = 500;

/** Why a relay removes a publication of either kind from its directory. */
type EndReason = 'requested' | 'rejected' | 'unreachable' | 'session_closed';

export interface RelayImporterOptions<Record extends RelayedRecord, Plan extends RelayedPlan, Numbers, Reason> {
  readonly kind: RelayedKind<Record, Plan, Numbers, Reason>;
  readonly linkTo: (nodeNo: number) => NodeLink | undefined;
  readonly routes: RouteFinder;
  readonly directory: RelayedDirectory<Record, Reason | EndReason>;
  readonly clock: Clock;
  /** Numbers the wants of tracks and of data channels in one sequence. */
  readonly nextWantId: () => number;
  /** A neighbour is about to be asked for a publication. */
  readonly beforeAsking: (link: NodeLink) => void;
  /** A leg has been opened or has ended. */
  readonly onLeg?: (leg: ImportLeg<Numbers>, change: 'opened' | 'ended') => void;
  /** Subscriptions of this node have ended although their publication continues. */
  readonly onOverflow?: (subscriptionIds: readonly string[]) => void;
}

/** A request to a neighbour. */
interface Want<Record extends RelayedRecord, Plan extends RelayedPlan, Numbers, Reason> {
  readonly source: ImportedSource<Record, Plan, Numbers, Reason>;
  readonly leg: ImportLeg<Numbers>;
  /** How it will end once everything that was sent has arrived; undefined if no end was announced. */
  end: LegEnd<Reason> | undefined;
  /** Whether everything that was sent has arrived. */
  isComplete: boolean;
}

export class RelayImporter<Record extends RelayedRecord, Plan extends RelayedPlan, Numbers, Reason> {
  readonly #options: RelayImporterOptions<Record, Plan, Numbers, Reason>;
  readonly #parts: SharedImportParts<Record, Plan, Numbers, Reason>;
  readonly #sources = new Map<string, ImportedSource<Record, Plan, Numbers, Reason>>();
  readonly #wants = new Map<number, Want<Record, Plan, Numbers, Reason>>();
  readonly #wantOfTrackId = new Map<string, number>();
  /** The source of each subscription that a relay feeds. */
  readonly #sourceOf = new Map<string, ImportedSource<Record, Plan, Numbers, Reason>>();
  /** When publications ended, kept because an old record in the registry might still list them. */
  readonly #ended = new Map<string, number>();

  constructor(options: RelayImporterOptions<Record, Plan, Numbers, Reason>) {
    this.#options = options;
    const { kind, linkTo, routes, clock, nextWantId } = options;
    this.#parts = {
      kind,
      linkTo,
      routes,
      clock,
      nextWantId,
      onLegEnded: (leg) => this.#forgetLeg(leg),
    };
  }

  get counts(): { readonly sources: number; readonly legs: number; readonly fedSubscriptions: number } {
    return { sources: this.#sources.size, legs: this.#wants.size, fedSubscriptions: this.#sourceOf.size };
  }

  find(publicationId: string): ImportedSource<Record, Plan, Numbers, Reason> | undefined {
    return this.#sources.get(publicationId);
  }

  /**
   * Makes a publication of another node known here, so that it can be subscribed to.
   *
   * @returns false if its owner said that it has ended, if its session id names no node, or if it is known to belong to another session
   */
  admit(record: Record): boolean {
    if (this.#isOfAnotherSession(record)) return false;
    const known = this.#sources.get(record.publicationId);
    if (known?.isKnownFirstHand) return true;
    const sessionId = parseSessionId(record.sessionId);
    if (sessionId === undefined || this.#ended.has(record.publicationId)) return false;
    this.#learn(this.#options.kind.tellable(record), nodeNoOf(sessionId));
    return true;
  }

  /**
   * Like `admit`, for a publication whose owner reports that it now has its name, even if another one was known to have
   * it.
   *
   * @param rename returns the known record with its new name
   */
  admitNamed(record: Record, rename: (known: Record) => Record): void {
    const known = this.#sources.get(record.publicationId);
    // If the owner keeps this node up to date about it, only the name is new.
    if (known?.isKnownFirstHand) this.#learn(rename(known.record), known.ownerNo);
    else this.admit(record);
    this.#options.directory.confirmName(record.publicationId);
  }

  // Sessions, and relays further downstream, send these commands to the shard.

  /** @param sourceId the publication that the plan names. @returns false if it does not belong to another node */
  putSubscriber(sourceId: string | undefined, plan: Plan): boolean {
    const source = this.#sources.get(sourceId ?? '');
    const before = this.#sourceOf.get(plan.subscriptionId);
    if (before !== undefined && before !== source) this.releaseSubscriber(plan.subscriptionId);
    if (source === undefined) return false;
    this.#sourceOf.set(plan.subscriptionId, source);
    source.putSubscriber(plan);
    return true;
  }

  /** The subscription has ended or has another source. The caller informs the engine. */
  releaseSubscriber(subscriptionId: string): void {
    this.#sourceOf.get(subscriptionId)?.releaseSubscriber(subscriptionId);
    this.#sourceOf.delete(subscriptionId);
  }

  /** The path of a subscriber has become too narrow for the best layer that crosses a link, or wide enough again. */
  needLowerLayers(subscriptionId: string, areNeeded: boolean): void {
    this.#sourceOf.get(subscriptionId)?.needLowerLayers(subscriptionId, areNeeded);
  }

  attach(publicationId: string, fed: FedExport): ImportLeg<Numbers> | Refusal {
    return this.#sources.get(publicationId)?.attach(fed) ?? 'unknown-track';
  }

  // Links and the engine report to these methods.

  /** @returns whether the message was from an upstream neighbour about a want */
  handleMessage(link: NodeLink, message: ControlMessage): boolean {
    if (!('wantId' in message)) return false;
    const want = this.#wants.get(message.wantId);
    if (want?.leg.link !== link) return false;
    const { source, leg } = want;
    if (message.type === 'refused') {
      source.onRefused(leg, message);
      return true;
    }
    const news = this.#options.kind.newsIn(message);
    if (news !== undefined) this.#takeNews(want, news);
    return news !== undefined;
  }

  /** @returns the publication that a want of this node is for, and its leg */
  findWant(link: NodeLink, wantId: number) {
    const want = this.#wants.get(wantId);
    return want?.leg.link === link ? want : undefined;
  }

  /** @returns whether the event was about a leg */
  onTrackActive(trackId: string): boolean {
    const want = this.#wants.get(this.#wantOfTrackId.get(trackId) ?? 0);
    want?.source.onActive(want.leg);
    return want !== undefined;
  }

  /** The engine has ended a leg by itself. @returns whether the id was that of a leg */
  onLegClosed(trackId: string): boolean {
    const want = this.#wants.get(this.#wantOfTrackId.get(trackId) ?? 0);
    if (want === undefined) return false;
    want.isComplete = true;
    if (want.end !== undefined) this.#carryOut(want, want.end);
    else this.#options.clock.schedule(NEWS_WITHIN_MS, () => this.#giveUp(want));
    return true;
  }

  onTransportGone(transportId: string): void {
    for (const source of this.all()) source.onTransportGone(transportId);
  }

  /** The link states have changed. */
  onRoutesChanged(): void {
    for (const source of this.all()) source.onRoutesChanged();
  }

  /** A node was given up with its sessions; if it was only suspended, it returns with all of them. */
  onNodeLost(nodeNo: number): void {
    for (const source of this.all()) if (source.ownerNo === nodeNo) this.#finish(source, 'session_closed', { mayReturn: true });
  }

  /** Called once a second. */
  tick(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const source of this.all()) {
      source.tick();
      this.#forgetIfIdle(nowMs, source);
    }
    for (const [publicationId, endedAtMs] of this.#ended) if (nowMs - endedAtMs >= FORGET_AFTER_MS) this.#ended.delete(publicationId);
  }

  all(): readonly ImportedSource<Record, Plan, Numbers, Reason>[] {
    return [...this.#sources.values()];
  }

  #takeNews(want: Want<Record, Plan, Numbers, Reason>, news: LegNews<Record, Reason>): void {
    const { source, leg } = want;
    if (news.type === 'accepted') {
      this.#learn(news.record, source.ownerNo);
      source.onAccepted(leg, news.route);
    } else if (news.type === 'changed') this.#learn(news.record, source.ownerNo);
    else if (want.isComplete || !this.#options.kind.endsByItself) this.#carryOut(want, news);
    else {
      // Earlier messages may still be in transit; the last one is marked as such.
      want.end = news;
      this.#options.clock.schedule(LAST_MESSAGES_MS, () => leg.state !== 'ended' && this.#carryOut(want, news));
    }
  }

  /** The neighbour no longer sends anything on a leg, without giving a reason. */
  #giveUp({ source, leg, end }: Want<Record, Plan, Numbers, Reason>): void {
    if (leg.state !== 'ended' && end === undefined) source.onBroken(leg, { isInEngine: false });
  }

  /** Carries out the end that the neighbour has announced. */
  #carryOut({ source, leg }: Want<Record, Plan, Numbers, Reason>, end: LegEnd<Reason>): void {
    if (end.type === 'closed') {
      this.#finish(source, end.reason);
      return;
    }
    const ended = source.takeSubscribers();
    for (const subscriptionId of ended) this.#sourceOf.delete(subscriptionId);
    source.onBroken(leg, { isInEngine: true });
    this.#options.onOverflow?.(ended);
  }

  /**
   * An attacker who can write to the registry can claim there that a publication belongs to their own app. Publications
   * that are already here, local or subscribed to, are handed out according to their known app; for any other, the
   * owner is asked.
   */
  #isOfAnotherSession({ publicationId, appId, sessionId }: Record): boolean {
    const known = this.#options.directory.recordOf(publicationId);
    return known !== undefined && (known.appId !== appId || known.sessionId !== sessionId);
  }

  #learn(record: Record, ownerNo: number): void {
    const { directory } = this.#options;
    const known = this.#sources.get(record.publicationId);
    if (known === undefined) this.#sources.set(record.publicationId, this.#newSource(record, ownerNo));
    const before = directory.recordOf(record.publicationId);
    // The directory is updated first, so that nodes further downstream have opened their legs again before they learn
    // that the old ones are broken.
    if (JSON.stringify(before) !== JSON.stringify(record)) directory.put(record, { takesName: false });
    known?.describe(record);
  }

  #newSource(record: Record, ownerNo: number): ImportedSource<Record, Plan, Numbers, Reason> {
    const source: ImportedSource<Record, Plan, Numbers, Reason> = new ImportedSource(record, ownerNo, {
      ...this.#parts,
      onLegOpened: (leg) => this.#noteLeg(source, leg),
      onGone: (reason) => this.#finish(source, reason, { mayReturn: reason === 'unreachable' }),
    });
    return source;
  }

  /** Followers are notified while the source still exists, so that they can release it. */
  #finish(
    source: ImportedSource<Record, Plan, Numbers, Reason>,
    reason: Reason | EndReason,
    { mayReturn = reason === 'unreachable' } = {},
  ): void {
    const { publicationId } = source.record;
    if (this.#sources.get(publicationId) !== source) return;
    // An unreachable publication may return in a moment.
    if (!mayReturn) this.#ended.set(publicationId, this.#options.clock.nowMs());
    this.#options.directory.remove(publicationId, reason);
    this.#sources.delete(publicationId);
    source.close();
    for (const [subscriptionId, of] of this.#sourceOf) if (of === source) this.#sourceOf.delete(subscriptionId);
  }

  #forgetIfIdle(nowMs: number, { record: { publicationId }, idleSinceMs }: ImportedSource<Record, Plan, Numbers, Reason>): void {
    if (idleSinceMs === undefined || nowMs - idleSinceMs < FORGET_AFTER_MS) return;
    if (this.#options.directory.isFollowed(publicationId)) return;
    this.#options.directory.forget(publicationId);
    this.#sources.delete(publicationId);
  }

  #noteLeg(source: ImportedSource<Record, Plan, Numbers, Reason>, leg: ImportLeg<Numbers>): void {
    this.#options.beforeAsking(leg.link);
    this.#options.onLeg?.(leg, 'opened');
    this.#wants.set(leg.options.wantId, { source, leg, end: undefined, isComplete: false });
    this.#wantOfTrackId.set(leg.trackId, leg.options.wantId);
  }

  #forgetLeg(leg: ImportLeg<Numbers>): void {
    this.#options.onLeg?.(leg, 'ended');
    this.#wants.delete(leg.options.wantId);
    this.#wantOfTrackId.delete(leg.trackId);
  }
}
