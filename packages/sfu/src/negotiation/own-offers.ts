/**
 * The SFU's own offers, which add tracks on existing or new m-sections, and the section for data channels. One offer is
 * open at a time; further changes are queued until it has been answered or withdrawn (docs/api.md §6).
 *
 * @see RFC 8829 §5.2 (offers), docs/api.md §3
 */
import { invariant } from '../invariant.ts';
import { agreedData, isDataOnItsWay, withDataSection } from './data-section.ts';
import { describe, type OwnDescription } from './describe.ts';
import { type LiveSubscription, latestSections, subscriptionsOn, withoutParked } from './edit-sections.ts';
import type { SubscriptionWish } from './new-subscription.ts';
import { placeSubscriptions, type WishOutcome } from './place-subscriptions.ts';
import type { Negotiation, RandomSource, Section } from './state.ts';

export interface MadeOffer {
  readonly state: Negotiation;
  /** Undefined if no wish changes the SDP. */
  readonly offer: OwnDescription | undefined;
  /** One for each wish, in order. */
  readonly outcomes: readonly WishOutcome[];
}

/** What an offer of the SFU should contain. */
export interface OfferWishes {
  readonly tracks: readonly SubscriptionWish[];
  /** Whether data channels are wanted. They need one m-section per session; see `hasRoomForData`. */
  readonly needsData: boolean;
  readonly maxSections: number;
}

/** @param state must be stable; while an offer is open, use `queueSubscriptions` */
export function makeOffer(state: Negotiation, { tracks, needsData, maxSections }: OfferWishes, random: RandomSource): MadeOffer {
  const { state: placed, outcomes } = placeSubscriptions(state, tracks, { isOffer: true, maxSections }, random);
  const subscriptionIds = placedIds(outcomes);
  const bringsData = needsData && agreedData(state) === undefined;
  if (subscriptionIds.length === 0 && !bringsData) return { state, offer: undefined, outcomes };
  const draft = bringsData ? withDataSection(placed) : placed;
  return { ...openOffer({ ...draft, sections: state.sections }, draft.sections, subscriptionIds), outcomes };
}

export interface QueuedWishes {
  readonly state: Negotiation;
  /** One for each wish, in order. */
  readonly outcomes: readonly WishOutcome[];
}

/**
 * Assigns m-sections to subscriptions that are requested while an offer is open, in addition to those of the open
 * offer, so that callers get their reply at once.
 *
 * @param state must have an open offer
 */
export function queueSubscriptions(
  state: Negotiation,
  { tracks, needsData, maxSections }: OfferWishes,
  random: RandomSource,
): QueuedWishes {
  invariant(state.signaling.type === 'sfu-offer-pending', 'without an open offer one is made at once');
  const base = { ...state, sections: latestSections(state) };
  const { state: placed, outcomes } = placeSubscriptions(base, tracks, { isOffer: true, maxSections }, random);
  const subscriptionIds = [...(state.queued?.subscriptionIds ?? []), ...placedIds(outcomes)];
  const bringsData = state.queued?.needsData === true || (needsData && !isDataOnItsWay(state));
  if (subscriptionIds.length === 0 && !bringsData) return { state, outcomes };
  const draft = bringsData ? withDataSection(placed) : placed;
  const queued = { sections: draft.sections, subscriptionIds, needsData: bringsData };
  return { state: { ...draft, sections: state.sections, queued }, outcomes };
}

export interface QueuedOffer {
  readonly state: Negotiation;
  /** Undefined if nothing queued remains. */
  readonly offer: OwnDescription | undefined;
  /** Subscriptions whose m-section the client has rejected since they were queued. */
  readonly dropped: readonly LiveSubscription[];
}

/**
 * Creates the offer for what is queued.
 *
 * @param state must be stable
 */
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
  // The client may have added a section of its own at the position that the queue had assigned.
  const draft = bringsData ? withDataSection({ ...unqueued, sections: merged }) : { ...unqueued, sections: merged };
  return { ...openOffer({ ...draft, sections: state.sections }, draft.sections, ids), dropped };
}

export function queuedSubscriptions({ queued }: Negotiation): readonly LiveSubscription[] {
  if (queued === undefined) return [];
  const ids = new Set(queued.subscriptionIds);
  return subscriptionsOn(queued.sections).filter(({ subscription }) => ids.has(subscription.id));
}

export interface WithdrawnOffer {
  readonly state: Negotiation;
  /** Subscriptions of the offer, which no longer exist. */
  readonly dropped: readonly LiveSubscription[];
}

/**
 * Withdraws an offer that was not answered in time. Its new m-sections stay, idle: the client may have applied the
 * offer after all, and the order of m-sections can never change.
 *
 * @param state must have an open offer
 */
export function withdrawOffer(state: Negotiation): WithdrawnOffer {
  const { signaling } = state;
  invariant(signaling.type === 'sfu-offer-pending', 'the caller has looked');
  const { offer } = signaling;
  const added = offer.sections.slice(state.sections.length).map(asIdle);
  return {
    state: { ...state, sections: [...state.sections, ...added], signaling: { type: 'stable', lastOffer: { outcome: 'withdrawn' } } },
    dropped: subscriptionsOn(offer.sections).filter(({ subscription }) => offer.subscriptionIds.includes(subscription.id)),
  };
}

/**
 * Opens an offer with these sections.
 *
 * @param state must be stable
 */
function openOffer(
  state: Negotiation,
  offered: readonly Section[],
  subscriptionIds: readonly string[],
): { readonly state: Negotiation; readonly offer: OwnDescription } {
  const { signaling } = state;
  invariant(signaling.type === 'stable', 'the SFU has one offer open at a time');
  const sections = withoutParked(offered);
  const next: Negotiation = {
    ...state,
    origin: { ...state.origin, version: state.origin.version + 1 },
    signaling: {
      type: 'sfu-offer-pending',
      offer: { sections, subscriptionIds },
      hasWithdrawn: signaling.lastOffer.outcome === 'withdrawn',
    },
  };
  return { state: next, offer: describe(next, sections, { setup: 'actpass' }) };
}

function placedIds(outcomes: readonly WishOutcome[]): readonly string[] {
  return outcomes.filter((outcome) => outcome.type === 'placed').map(({ subscription }) => subscription.id);
}

/** Returns the current section with the queued subscription and the extensions that its packets may carry. */
function adopt(current: Section | undefined, queued: Section, subscriptionIds: readonly string[]): Section {
  if (current === undefined) return queued;
  const isWanted = queued.type === 'rtp' && queued.sending.type === 'live' && subscriptionIds.includes(queued.sending.subscription.id);
  if (!isWanted || current.type !== 'rtp' || current.sending.type === 'live') return current;
  const added = queued.extensions.filter(({ uri }) => !current.extensions.some((listed) => listed.uri === uri));
  return { ...current, extensions: [...current.extensions, ...added], sending: queued.sending };
}

function asIdle(section: Section): Section {
  return section.type === 'rtp' ? { ...section, sending: { type: 'idle', hasSent: false } } : section;
}
