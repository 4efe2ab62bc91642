/**
 * Where calls come that need an offer of the SFU. One offer is open at a time. What is asked for meanwhile goes into one next offer
 * together; one call waits to carry that offer to the client, the others are told at once where their tracks will be (docs/api.md §6).
 *
 * Only one waits because a browser has six connections to a host: if all were taken by waiting calls, the answer could not get through.
 */
import { allFailedError, SfuError, type SubscribedTrackResult, type SubscribeItem, type SubscribeReply } from '@causeway/protocol';
import type { CancelTimer } from '../clock.ts';
import {
  makeOffer,
  type OwnDescription,
  offerQueued,
  parkSubscription,
  queuedSubscriptions,
  queueSubscriptions,
  subscriptions,
  type WishOutcome,
} from '../negotiation/index.ts';
import type { LocatedWish } from './locate-tracks.ts';
import type { Session } from './session.ts';
import { subscribedResult } from './subscribed-result.ts';
import { writeDescription } from './write-description.ts';

const HOLD_TIMEOUT_MS = 5_000;

/** One item of a subscribe request, with what was found out about its track. */
export interface DeskItem {
  readonly asked: SubscribeItem;
  readonly located: LocatedWish;
}

interface PlacedItem extends DeskItem {
  readonly outcome: WishOutcome | undefined;
}

interface Carrier {
  readonly items: readonly PlacedItem[];
  readonly resolve: (reply: Promise<SubscribeReply>) => void;
  readonly reject: (error: unknown) => void;
  readonly cancelTimer: CancelTimer;
}

export class OfferDesk {
  readonly #session: Session;
  #carrier: Carrier | undefined;

  constructor(session: Session) {
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

  /** Goes on with what is queued; to be called whenever an offer has been answered or withdrawn. */
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
    const made = makeOffer(negotiation, wishesOf(items), parts.limits.maxSections, parts.random);
    this.#session.checkTracks(made.state);
    this.#session.commit(made.state);
    const reply = this.#reply(withOutcomes(items, made.outcomes), made.offer);
    if (reply instanceof SfuError) throw reply;
    return reply;
  }

  async #queue(items: readonly DeskItem[]): Promise<SubscribeReply> {
    const { negotiation, parts } = this.#session;
    const queued = queueSubscriptions(negotiation, wishesOf(items), parts.limits.maxSections, parts.random);
    this.#session.checkTracks(queued.state);
    this.#session.commit(queued.state);
    const placed = withOutcomes(items, queued.outcomes);
    const needsOffer = placed.some(({ outcome }) => outcome?.type === 'placed');
    if (needsOffer && this.#carrier === undefined) return this.#carry(placed);
    const reply = this.#reply(placed, undefined);
    if (reply instanceof SfuError) throw reply;
    return reply;
  }

  /** Waits for the next offer. */
  #carry(items: readonly PlacedItem[]): Promise<SubscribeReply> {
    return new Promise((resolve, reject) => {
      const cancelTimer = this.#session.parts.clock.schedule(HOLD_TIMEOUT_MS, () => this.#giveUp());
      this.#carrier = { items, resolve, reject, cancelTimer };
    });
  }

  #offerQueue({ items, resolve, reject, cancelTimer }: Carrier): void {
    cancelTimer();
    const made = offerQueued(this.#session.negotiation);
    this.#session.commit(made.state);
    for (const live of made.dropped)
      this.#session.reports.failed(live, 'codec_mismatch', `m-section ${live.section.mid} has been rejected`);
    const stillPlaced = items.map((item) => this.#stillPlaced(item));
    const reply = this.#reply(stillPlaced, made.offer);
    if (reply instanceof SfuError) reject(reply);
    else resolve(reply);
  }

  #giveUp(): void {
    const carrier = this.#carrier;
    this.#carrier = undefined;
    if (carrier === undefined) return;
    const ids = carrier.items.map(({ outcome }) => (outcome?.type === 'placed' ? outcome.subscription.id : ''));
    this.#session.commit(ids.reduce((state, id) => parkSubscription(state, id, 'unsubscribed'), this.#session.negotiation));
    carrier.reject(stillInProgress(this.#session.id));
  }

  /** Without a call to carry the offer nobody would answer it. */
  #dropQueue(): void {
    const { negotiation } = this.#session;
    this.#session.commit({ ...negotiation, queued: undefined });
    for (const live of queuedSubscriptions(negotiation)) {
      this.#session.reports.failed(live, 'negotiation_in_progress', 'an earlier offer was not answered in time');
    }
  }

  /** What the call is told; the offer's text is written later. */
  #reply(items: readonly PlacedItem[], offer: OwnDescription | undefined): Promise<SubscribeReply> | SfuError {
    const tracks = items.map((item) => this.#result(item));
    const failure = allFailedError(tracks);
    // An offer must reach the client: whoever carries it cannot be told only of its own misfortune.
    if (failure !== undefined && offer === undefined) return failure;
    return this.#withOffer(tracks, offer);
  }

  async #withOffer(tracks: SubscribedTrackResult[], offer: OwnDescription | undefined): Promise<SubscribeReply> {
    const { id: sessionId, appId, parts } = this.#session;
    if (offer === undefined) return { immediateRenegotiationRequired: false, sessionId, tracks };
    const sdp = await writeDescription(appId, offer, parts);
    return { immediateRenegotiationRequired: true, sessionDescription: { type: 'offer', sdp }, sessionId, tracks };
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
