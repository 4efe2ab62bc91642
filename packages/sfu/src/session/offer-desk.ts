/**
 * Where calls that need an offer of the SFU queue up. One offer is open at a time; calls that come meanwhile are held, and what has
 * been held when it is answered goes into one offer together (api.md §6).
 */
import { allFailedError, SfuError, type SubscribedTrackResult, type SubscribeItem, type SubscribeReply } from '@causeway/protocol';
import { writeSdp } from '@causeway/wire';
import type { CancelTimer } from '../clock.ts';
import { makeOffer, type SubscriptionWish, type WishOutcome } from '../negotiation/index.ts';
import type { LocatedWish } from './locate-tracks.ts';
import type { Session } from './session.ts';

const HOLD_TIMEOUT_MS = 5_000;
/**
 * Browsers open six connections to a host over HTTP/1.1. Were all of them taken by held calls, the answer that ends the hold
 * could not be sent; so one is left for it, and one for whatever else the page is about.
 */
const MAX_HELD_CALLS = 4;
const RETRY_REFUSED_AFTER_MS = 50;

/** One item of a subscribe request, with what was found out about its track. */
export interface DeskItem {
  readonly asked: SubscribeItem;
  readonly located: LocatedWish;
}

interface HeldCall {
  readonly items: readonly DeskItem[];
  readonly resolve: (reply: SubscribeReply) => void;
  readonly reject: (error: unknown) => void;
  readonly cancelTimer: CancelTimer;
}

export class OfferDesk {
  readonly #session: Session;
  readonly #held = new Set<HeldCall>();

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * Brings tracks to the client.
   *
   * @throws negotiation_in_progress – an earlier offer was not answered while this call waited, or too many wait for that already
   */
  subscribe(items: readonly DeskItem[]): Promise<SubscribeReply> {
    if (!this.#session.isStable) return this.#hold(items);
    const [reply] = this.#offer([items]);
    return reply instanceof SfuError ? Promise.reject(reply) : Promise.resolve(reply as SubscribeReply);
  }

  /** Goes on with held calls; to be called whenever an offer has been answered or withdrawn. */
  resume(): void {
    const calls = [...this.#held];
    if (calls.length === 0 || !this.#session.isStable) return;
    this.#held.clear();
    const replies = this.#offer(calls.map(({ items }) => items));
    for (const [index, call] of calls.entries()) {
      const reply = replies[index];
      call.cancelTimer();
      if (reply instanceof SfuError) call.reject(reply);
      else call.resolve(reply as SubscribeReply);
    }
  }

  refuseAll(error: SfuError): void {
    for (const { cancelTimer, reject } of this.#held) {
      cancelTimer();
      reject(error);
    }
    this.#held.clear();
  }

  #hold(items: readonly DeskItem[]): Promise<SubscribeReply> {
    if (this.#held.size >= MAX_HELD_CALLS) return Promise.reject(tooManyHeld(this.#session.id));
    return new Promise((resolve, reject) => {
      const cancelTimer = this.#session.parts.clock.schedule(HOLD_TIMEOUT_MS, () => {
        this.#held.delete(call);
        reject(stillInProgress(this.#session.id));
      });
      const call: HeldCall = { items, resolve, reject, cancelTimer };
      this.#held.add(call);
    });
  }

  /** Makes one offer for several calls. The first call that it brings a track to has to get it answered; the others need not. */
  #offer(calls: readonly (readonly DeskItem[])[]): readonly (SubscribeReply | SfuError)[] {
    const { parts, negotiation, id } = this.#session;
    const current = calls.map((items) => items.map((item) => this.#refreshed(item)));
    const wishes = current.flat().flatMap(({ located }) => (located.type === 'wish' ? [located.wish] : []));
    const made = makeOffer(negotiation, wishes, parts.limits.maxSections, parts.random);
    const sdp = made.offer === undefined ? undefined : writeSdp(made.offer);
    this.#session.commit(made.state);
    const outcomes = [...made.outcomes];
    let unclaimed = sdp;
    return current.map((items) => {
      const taken = items.map((item) => ({ item, outcome: item.located.type === 'wish' ? outcomes.shift() : item.located }));
      const tracks = taken.map(({ item, outcome }) => this.#result(item, outcome));
      const failure = allFailedError(tracks);
      if (failure !== undefined) return failure;
      const isFirst = unclaimed !== undefined && taken.some(({ outcome }) => outcome?.type === 'placed');
      const offer = isFirst ? { sessionDescription: { type: 'offer' as const, sdp: unclaimed ?? '' } } : {};
      if (isFirst) unclaimed = undefined;
      return { immediateRenegotiationRequired: isFirst, ...offer, sessionId: id, tracks };
    });
  }

  /** The track may have ended while the call was held or looked it up. */
  #refreshed(item: DeskItem): DeskItem {
    if (item.located.type === 'failed' || this.#session.parts.directory.isOpen(item.located.wish.source.sourceTrackId)) return item;
    const { remoteTrackId, remoteSessionId } = item.located.wish.source;
    const description = `track ${remoteTrackId} of session ${remoteSessionId} has just ended`;
    return { ...item, located: { type: 'failed', code: 'track_not_found', description } };
  }

  #result(
    { asked, located }: DeskItem,
    outcome: WishOutcome | Extract<LocatedWish, { type: 'failed' }> | undefined,
  ): SubscribedTrackResult {
    const wish = located.type === 'wish' ? located.wish : undefined;
    if (outcome?.type === 'placed' || outcome?.type === 'already_subscribed') this.#session.ended.forget(outcome.mid);
    return subscribedResult(asked, wish, outcome, (id) => this.#session.parts.directory.statusOf(id));
  }
}

/** How the item of a reply reads. */
export function subscribedResult(
  asked: SubscribeItem,
  wish: SubscriptionWish | undefined,
  outcome: WishOutcome | Extract<LocatedWish, { type: 'failed' }> | undefined,
  statusOf: (sourceTrackId: string) => SubscribedTrackResult['status'],
): SubscribedTrackResult {
  const { remoteSessionId, remoteTrackId, customTrackName } = asked;
  const track = {
    remoteSessionId,
    remoteTrackId: remoteTrackId ?? wish?.source.remoteTrackId,
    customTrackName: customTrackName ?? wish?.source.customTrackName,
  };
  if (outcome === undefined || outcome.type === 'failed') {
    return { ...track, errorCode: outcome?.code ?? 'internal_error', errorDescription: outcome?.description ?? 'the track was not placed' };
  }
  const trackKind = wish?.source.kind;
  if (outcome.type === 'needs_offer') return { ...track, trackKind, status: 'needs_renegotiation' };
  const status = statusOf(wish?.source.sourceTrackId ?? '') ?? 'pending';
  const placed = { ...track, mid: outcome.mid, trackKind, status };
  return outcome.type === 'placed' ? placed : { ...placed, alreadySubscribed: true };
}

function stillInProgress(sessionId: string): SfuError {
  const message = `an offer for session ${sessionId} was not answered within ${HOLD_TIMEOUT_MS / 1000} s; answer it with renegotiate first`;
  return new SfuError('negotiation_in_progress', message, { retryAfterMs: 0 });
}

function tooManyHeld(sessionId: string): SfuError {
  const message = `${MAX_HELD_CALLS} calls for session ${sessionId} wait for an open offer to be answered; name several tracks in one call, or try again`;
  return new SfuError('negotiation_in_progress', message, { retryAfterMs: RETRY_REFUSED_AFTER_MS });
}
