/**
 * Where calls wait that need an offer of the SFU. One offer is open at a time, and all requests made until it is answered go into
 * the next one. One call waits to carry that offer to the client; the others are told at once where their tracks will
 * be (docs/api.md §6).
 *
 * Only one waits because a browser has six connections to a host: if all were taken by waiting calls, the answer could not get through.
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

/** One item of a subscribe request, with what was found out about its track. */
export interface DeskItem {
  readonly asked: SubscribeItem;
  readonly located: LocatedWish;
}

interface PlacedItem extends DeskItem {
  readonly outcome: WishOutcome | undefined;
}

/** The call that waits to carry the next offer. */
interface Carrier {
  /** @param offer undefined if nothing of what was asked for is left */
  readonly deliver: (offer: OwnDescription | undefined) => void;
  readonly reject: (error: unknown) => void;
  /** The call has waited too long: what it asked for is taken back. */
  readonly takeBack: () => void;
  readonly cancelTimer: CancelTimer;
}

/** What a call that may need an offer of the SFU tells its client about it. */
export type OfferReply =
  | { readonly immediateRenegotiationRequired: false }
  | { readonly immediateRenegotiationRequired: true; readonly sessionDescription: OfferDescription };

/** The session that offers are made for. */
export interface OfferingSession {
  readonly appId: AppId;
  readonly id: SessionId;
  readonly parts: SessionParts;
  readonly negotiation: Negotiation;
  readonly isStable: boolean;
  readonly reports: SubscriptionReports;
  readonly data: { readonly subscribed: Pick<SubscribedChannels, 'failAll'> };
  /** @throws quota_exceeded – with this state there would be more tracks than the app or the token allows */
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
   * Brings tracks to the client.
   *
   * @throws negotiation_in_progress – an earlier offer was not answered while this call waited
   * @throws quota_exceeded – the app would have more tracks than it may
   */
  subscribe(items: readonly DeskItem[]): Promise<SubscribeReply> {
    const current = items.map((item) => this.#refreshed(item));
    return this.#session.isStable ? this.#offer(current) : this.#queue(current);
  }

  /**
   * Brings the m-section of data channels to the client, unless it is there or an offer that is open brings it.
   *
   * @throws negotiation_in_progress – an earlier offer was not answered while this call waited
   * @throws quota_exceeded – the session has as many m-sections as it may
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

  /** Continues with what is queued; to be called whenever an offer has been answered or withdrawn. */
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

  /** Waits for the next offer. @param withoutIt the state without what this call asked for */
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

  /** Without a call to carry it, the offer would never be answered. */
  #dropQueue(): void {
    const { negotiation } = this.#session;
    this.#session.commit({ ...negotiation, queued: undefined });
    if (negotiation.queued?.needsData === true) this.#session.data.subscribed.failAll('negotiation_in_progress');
    for (const live of queuedSubscriptions(negotiation)) {
      this.#session.reports.failed(live, 'negotiation_in_progress', 'an earlier offer was not answered in time');
    }
  }

  /** What the call is told; the offer's text is written later. */
  #reply(items: readonly PlacedItem[], offer: OwnDescription | undefined): Promise<SubscribeReply> | SfuError {
    const tracks = items.map((item) => this.#result(item));
    const failure = allFailedError(tracks);
    // An offer must reach the client, so the call that carries it cannot simply fail with its own error.
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

  /** The track may have ended while its call looked it up. */
  #refreshed(item: DeskItem): DeskItem {
    if (item.located.type === 'failed' || this.#session.parts.directory.isOpen(item.located.wish.source.sourceTrackId)) return item;
    return { ...item, located: justEnded(item) };
  }

  /** The track may have ended while its call waited. */
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

/** Outcomes are those of the located items, in their order. */
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
