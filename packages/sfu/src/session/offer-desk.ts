/**
 * Queues the calls that need an offer from the SFU. One offer is open at a time, and all requests made until it is
 * answered go into the next one. One call waits to carry that offer to the client; the others are told at once where
 * their tracks will be (docs/api.md §6).
 *
 * Only one call waits because a browser opens six connections per host: if waiting calls used all of them, the answer
 * could not get through.
 */
import {
  type AppId,
  allFailedError,
  type OfferDescription,
  type SessionId,
  SfuError,
  type SubscribedTrackResult,
  type SubscribeItem,
  type SubscribeReply,
} from '@causeway/protocol';
import type { CancelTimer } from '../clock.ts';
import {
  hasRoomForData,
  isDataOnItsWay,
  makeOffer,
  type Negotiation,
  type OwnDescription,
  offerQueued,
  parkSubscription,
  queuedSubscriptions,
  queueSubscriptions,
  subscriptions,
  type WishOutcome,
} from '../negotiation/index.ts';
import type { SubscribedChannels } from './data/subscribed-channels.ts';
import { type LocatedWish, subscribedResult } from './locate-tracks.ts';
import type { SessionParts } from './session-parts.ts';
import { writeDescription } from './session-work.ts';
import type { SubscriptionReports } from './subscription-reports.ts';

const HOLD_TIMEOUT_MS = 5_000;

/** One item of a subscribe request, with the result of the lookup. */
export interface DeskItem {
  readonly asked: SubscribeItem;
  readonly located: LocatedWish;
}

interface PlacedItem extends DeskItem {
  readonly outcome: WishOutcome | undefined;
}

/** The call that waits to carry the next offer. */
interface Carrier {
  /** @param offer undefined if nothing requested remains */
  readonly deliver: (offer: OwnDescription | undefined) => void;
  readonly reject: (error: unknown) => void;
  /** Withdraws what the call requested, because it has waited too long. */
  readonly takeBack: () => void;
  readonly cancelTimer: CancelTimer;
}

/** The part of a reply that concerns an offer of the SFU. */
export type OfferReply =
  | { readonly immediateRenegotiationRequired: false }
  | { readonly immediateRenegotiationRequired: true; readonly sessionDescription: OfferDescription };

/** The session for which offers are created. */
export interface OfferingSession {
  readonly appId: AppId;
  readonly id: SessionId;
  readonly parts: SessionParts;
  readonly negotiation: Negotiation;
  readonly isStable: boolean;
  readonly reports: SubscriptionReports;
  readonly data: { readonly subscribed: Pick<SubscribedChannels, 'failAll'> };
  /** @throws quota_exceeded – this state would have more tracks than the app or the token allows */
  checkTracks(next: Negotiation): void;
  commit(next: Negotiation): void;
}

export class OfferDesk {
  readonly #session: OfferingSession;
  #carrier: Carrier | undefined;

  constructor(session: OfferingSession) {
    this.#session = session;
  }

  /**
   * Sends tracks to the client.
   *
   * @throws negotiation_in_progress – an earlier offer was not answered while this call waited
   * @throws quota_exceeded – the app would exceed its number of tracks
   */
  subscribe(items: readonly DeskItem[]): Promise<SubscribeReply> {
    const current = items.map((item) => this.#refreshed(item));
    return this.#session.isStable ? this.#offer(current) : this.#queue(current);
  }

  /**
   * Negotiates the m-section for data channels, unless it exists or an open offer contains it.
   *
   * @throws negotiation_in_progress – an earlier offer was not answered while this call waited
   * @throws quota_exceeded – the session has the maximum number of m-sections
   */
  openData(): Promise<OfferReply> {
    const { negotiation, parts, isStable } = this.#session;
    const { maxSections } = parts.limits;
    if (isDataOnItsWay(negotiation)) return this.#offerReply(undefined);
    if (!hasRoomForData(negotiation, maxSections)) {
      throw new SfuError('quota_exceeded', `a session has at most ${maxSections} m-sections, and none is left for data channels`);
    }
    const wishes = { tracks: [], needsData: true, maxSections };
    if (isStable) {
      const made = makeOffer(negotiation, wishes, parts.random);
      this.#session.commit(made.state);
      return this.#offerReply(made.offer);
    }
    this.#session.commit(queueSubscriptions(negotiation, wishes, parts.random).state);
    if (this.#carrier !== undefined) return this.#offerReply(undefined);
    return this.#carry((offer) => this.#offerReply(offer), withoutQueuedData);
  }

  /** Continues with the queue. Call it whenever an offer has been answered or withdrawn. */
  resume(): void {
    if (!this.#session.isStable || this.#session.negotiation.queued === undefined) return;
    const carrier = this.#carrier;
    this.#carrier = undefined;
    if (carrier === undefined) this.#dropQueue();
    else this.#offerQueue(carrier);
  }

  refuseAll(error: SfuError): void {
    this.#carrier?.cancelTimer();
    this.#carrier?.reject(error);
    this.#carrier = undefined;
  }

  async #offer(items: readonly DeskItem[]): Promise<SubscribeReply> {
    const { negotiation, parts } = this.#session;
    const wishes = { tracks: wishesOf(items), needsData: false, maxSections: parts.limits.maxSections };
    const made = makeOffer(negotiation, wishes, parts.random);
    this.#session.checkTracks(made.state);
    this.#session.commit(made.state);
    const reply = this.#reply(withOutcomes(items, made.outcomes), made.offer);
    if (reply instanceof SfuError) throw reply;
    return reply;
  }

  async #queue(items: readonly DeskItem[]): Promise<SubscribeReply> {
    const { negotiation, parts } = this.#session;
    const wishes = { tracks: wishesOf(items), needsData: false, maxSections: parts.limits.maxSections };
    const queued = queueSubscriptions(negotiation, wishes, parts.random);
    this.#session.checkTracks(queued.state);
    this.#session.commit(queued.state);
    const placed = withOutcomes(items, queued.outcomes);
    const needsOffer = placed.some(({ outcome }) => outcome?.type === 'placed');
    if (needsOffer && this.#carrier === undefined) return this.#carryTracks(placed);
    const reply = this.#reply(placed, undefined);
    if (reply instanceof SfuError) throw reply;
    return reply;
  }

  #carryTracks(items: readonly PlacedItem[]): Promise<SubscribeReply> {
    const ids = items.map(({ outcome }) => (outcome?.type === 'placed' ? outcome.subscription.id : ''));
    return this.#carry(
      (offer) => {
        const stillPlaced = items.map((item) => this.#stillPlaced(item));
        return this.#reply(stillPlaced, offer);
      },
      (state) => ids.reduce((draft, id) => parkSubscription(draft, id, 'unsubscribed'), state),
    );
  }

  /** Waits for the next offer. @param withoutIt removes what this call requested from a state */
  #carry<Reply>(
    replyOf: (offer: OwnDescription | undefined) => Promise<Reply> | SfuError,
    withoutIt: (state: Negotiation) => Negotiation,
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#carrier = {
        deliver: (offer) => {
          const reply = replyOf(offer);
          if (reply instanceof SfuError) reject(reply);
          else resolve(reply);
        },
        reject,
        takeBack: () => this.#session.commit(withoutIt(this.#session.negotiation)),
        cancelTimer: this.#session.parts.clock.schedule(HOLD_TIMEOUT_MS, () => this.#giveUp()),
      };
    });
  }

  #offerQueue(carrier: Carrier): void {
    carrier.cancelTimer();
    const made = offerQueued(this.#session.negotiation);
    this.#session.commit(made.state);
    for (const live of made.dropped)
      this.#session.reports.failed(live, 'codec_mismatch', `m-section ${live.section.mid} has been rejected`);
    carrier.deliver(made.offer);
  }

  #giveUp(): void {
    const carrier = this.#carrier;
    this.#carrier = undefined;
    if (carrier === undefined) return;
    carrier.takeBack();
    carrier.reject(stillInProgress(this.#session.id));
  }

  /** Drops the queue, because without a call to carry the offer it would never be answered. */
  #dropQueue(): void {
    const { negotiation } = this.#session;
    this.#session.commit({ ...negotiation, queued: undefined });
    if (negotiation.queued?.needsData === true) this.#session.data.subscribed.failAll('negotiation_in_progress');
    for (const live of queuedSubscriptions(negotiation)) {
      this.#session.reports.failed(live, 'negotiation_in_progress', 'an earlier offer was not answered in time');
    }
  }

  /** Builds the reply of the call; the text of the offer is written later. */
  #reply(items: readonly PlacedItem[], offer: OwnDescription | undefined): Promise<SubscribeReply> | SfuError {
    const tracks = items.map((item) => this.#result(item));
    const failure = allFailedError(tracks);
    // A call that carries an offer cannot fail with an error, because the offer must reach the client.
    if (failure !== undefined && offer === undefined) return failure;
    return this.#withOffer(tracks, offer);
  }

  async #withOffer(tracks: SubscribedTrackResult[], offer: OwnDescription | undefined): Promise<SubscribeReply> {
    return { ...(await this.#offerReply(offer)), sessionId: this.#session.id, tracks };
  }

  async #offerReply(offer: OwnDescription | undefined): Promise<OfferReply> {
    if (offer === undefined) return { immediateRenegotiationRequired: false };
    const sdp = await writeDescription(this.#session.appId, offer, this.#session.parts);
    return { immediateRenegotiationRequired: true, sessionDescription: { type: 'offer', sdp } };
  }

  #result({ asked, located, outcome }: PlacedItem): SubscribedTrackResult {
    if (outcome?.type === 'placed' || outcome?.type === 'already_subscribed') this.#session.reports.ended.forget(outcome.mid);
    return subscribedResult(asked, located, outcome, this.#session.parts.directory);
  }

  /** The track may have ended during the lookup. */
  #refreshed(item: DeskItem): DeskItem {
    if (item.located.type === 'failed' || this.#session.parts.directory.isOpen(item.located.wish.source.sourceTrackId)) return item;
    return { ...item, located: justEnded(item) };
  }

  /** The track may have ended while the call waited. */
  #stillPlaced(item: PlacedItem): PlacedItem {
    const { outcome } = item;
    if (outcome?.type !== 'placed') return item;
    const isLive = subscriptions(this.#session.negotiation).some(({ subscription }) => subscription.id === outcome.subscription.id);
    return isLive ? item : { ...item, located: justEnded(item), outcome: undefined };
  }
}

function withoutQueuedData(state: Negotiation): Negotiation {
  return state.queued === undefined ? state : { ...state, queued: { ...state.queued, needsData: false } };
}

function wishesOf(items: readonly DeskItem[]) {
  return items.flatMap(({ located }) => (located.type === 'wish' ? [located.wish] : []));
}

/** The outcomes are those of the located items, in order. */
function withOutcomes(items: readonly DeskItem[], outcomes: readonly WishOutcome[]): readonly PlacedItem[] {
  const left = [...outcomes];
  return items.map((item) => ({ ...item, outcome: item.located.type === 'wish' ? left.shift() : undefined }));
}

function justEnded({ asked }: DeskItem): LocatedWish {
  const track = asked.remoteTrackId ?? asked.customTrackName ?? '';
  return { type: 'failed', code: 'track_not_found', description: `track ${track} of session ${asked.remoteSessionId} has just ended` };
}

function stillInProgress(sessionId: string): SfuError {
  const message = `an offer for session ${sessionId} was not answered within ${HOLD_TIMEOUT_MS / 1000} s; answer it with renegotiate first`;
  return new SfuError('negotiation_in_progress', message, { retryAfterMs: 0 });
}
