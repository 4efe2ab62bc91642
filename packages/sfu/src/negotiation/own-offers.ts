/**
 * The SFU's own offer: brings tracks to the client on existing or new m-sections, and the section of data channels.
 *
 * @see RFC 8829 §5.2 (offers), docs/api.md §3
 */
import { invariant } from '../invariant.ts';
import { agreedData, withDataSection } from './data-section.ts';
import { describe, type OwnDescription } from './describe.ts';
import { withoutParked } from './edit-sections.ts';
import type { SubscriptionWish } from './new-subscription.ts';
import { placeSubscriptions, type WishOutcome } from './place-subscriptions.ts';
import type { Negotiation, RandomSource, Section } from './state.ts';

export interface MadeOffer {
  readonly state: Negotiation;
  /** Undefined when no wish changes the SDP. */
  readonly offer: OwnDescription | undefined;
  /** One for each wish, in order. */
  readonly outcomes: readonly WishOutcome[];
}

/** What an offer of the SFU is made for. */
export interface OfferWishes {
  readonly tracks: readonly SubscriptionWish[];
  /** Data channels, which need an m-section of their own, once; see `hasRoomForData`. */
  readonly needsData: boolean;
  readonly maxSections: number;
}

/** @param state must be stable; the next one waits for the answer if there is an offer */
export function makeOffer(state: Negotiation, { tracks, needsData, maxSections }: OfferWishes, random: RandomSource): MadeOffer {
  const { state: placed, outcomes } = placeSubscriptions(state, tracks, { mayAddSections: true, maxSections }, random);
  const subscriptionIds = placedIds(outcomes);
  const bringsData = needsData && agreedData(state) === undefined;
  if (subscriptionIds.length === 0 && !bringsData) return { state, offer: undefined, outcomes };
  const draft = bringsData ? withDataSection(placed) : placed;
  return { ...openOffer({ ...draft, sections: state.sections }, draft.sections, subscriptionIds), outcomes };
}

/**
 * Opens an offer of these sections.
 *
 * @param state must be stable
 */
export function openOffer(
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

export function placedIds(outcomes: readonly WishOutcome[]): readonly string[] {
  return outcomes.filter((outcome) => outcome.type === 'placed').map(({ subscription }) => subscription.id);
}
