/**
 * Subscriptions that come while an offer is open. They are given their m-sections at once, on top of those that the open offer brings,
 * so that callers can be told; the offer for them is made when the open one has been answered or withdrawn (docs/api.md §6).
 */
import { invariant } from '../invariant.ts';
import { agreedData, isDataOnItsWay, withDataSection } from './data-section.ts';
import type { OwnDescription } from './describe.ts';
import { type LiveSubscription, latestSections, subscriptionsOn } from './edit-sections.ts';
import { type OfferWishes, openOffer, placedIds } from './make-offer.ts';
import { placeSubscriptions, type WishOutcome } from './place-subscriptions.ts';
import type { Negotiation, RandomSource, Section } from './state.ts';

export interface QueuedWishes {
  readonly state: Negotiation;
  /** One for each wish, in order. */
  readonly outcomes: readonly WishOutcome[];
}

/** @param state must have an offer open */
export function queueSubscriptions(
  state: Negotiation,
  { tracks, needsData, maxSections }: OfferWishes,
  random: RandomSource,
): QueuedWishes {
  invariant(state.signaling.type === 'sfu-offer-pending', 'without an open offer one is made at once');
  const base = { ...state, sections: latestSections(state) };
  const { state: placed, outcomes } = placeSubscriptions(base, tracks, { mayAddSections: true, maxSections }, random);
  const subscriptionIds = [...(state.queued?.subscriptionIds ?? []), ...placedIds(outcomes)];
  const bringsData = state.queued?.needsData === true || (needsData && !isDataOnItsWay(state));
  if (subscriptionIds.length === 0 && !bringsData) return { state, outcomes };
  const draft = bringsData ? withDataSection(placed) : placed;
  const queued = { sections: draft.sections, subscriptionIds, needsData: bringsData };
  return { state: { ...draft, sections: state.sections, queued }, outcomes };
}

export interface QueuedOffer {
  readonly state: Negotiation;
  /** Undefined when nothing of the queue is left. */
  readonly offer: OwnDescription | undefined;
  /** Subscriptions whose m-section the client has rejected meanwhile. */
  readonly dropped: readonly LiveSubscription[];
}

/** @param state must be stable */
export function offerQueued(state: Negotiation): QueuedOffer {
  const { queued } = state;
  if (queued === undefined) return { state, offer: undefined, dropped: [] };
  const { sections, subscriptionIds, needsData } = queued;
  const merged = sections.map((section, index) => adopt(state.sections[index], section, subscriptionIds));
  const adopted = new Set(subscriptionsOn(merged).map(({ subscription }) => subscription.id));
  const unqueued = { ...state, queued: undefined };
  const ids = subscriptionIds.filter((id) => adopted.has(id));
  const dropped = queuedSubscriptions(state).filter(({ subscription }) => !adopted.has(subscription.id));
  const bringsData = needsData && agreedData(state) === undefined;
  if (ids.length === 0 && !bringsData) return { state: unqueued, offer: undefined, dropped };
  // The client may have put a section of its own in the place that the queue had for it.
  const draft = bringsData ? withDataSection({ ...unqueued, sections: merged }) : { ...unqueued, sections: merged };
  return { ...openOffer({ ...draft, sections: state.sections }, draft.sections, ids), dropped };
}

export function queuedSubscriptions({ queued }: Negotiation): readonly LiveSubscription[] {
  if (queued === undefined) return [];
  const ids = new Set(queued.subscriptionIds);
  return subscriptionsOn(queued.sections).filter(({ subscription }) => ids.has(subscription.id));
}

/** The section as it is now, with what the queue wants to send on it. */
function adopt(current: Section | undefined, queued: Section, subscriptionIds: readonly string[]): Section {
  if (current === undefined) return queued;
  const isWanted = queued.type === 'rtp' && queued.sending.type === 'live' && subscriptionIds.includes(queued.sending.subscription.id);
  if (!isWanted || current.type !== 'rtp' || current.sending.type === 'live') return current;
  return { ...current, sending: queued.sending };
}
