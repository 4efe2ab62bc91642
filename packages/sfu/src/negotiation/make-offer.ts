/**
 * The SFU's own offer: brings tracks to the client on existing or new m-sections.
 *
 * @see RFC 8829 §5.2 (offers), api.md §3
 */
import type { SdpDescription } from '@causeway/wire';
import { invariant } from '../invariant.ts';
import { describe } from './describe.ts';
import { withoutParked } from './edit-sections.ts';
import type { SubscriptionWish } from './new-subscription.ts';
import { placeSubscriptions, type WishOutcome } from './place-subscriptions.ts';
import type { Negotiation, RandomSource } from './state.ts';

export interface MadeOffer {
  readonly state: Negotiation;
  /** Undefined when no wish changes the SDP. */
  readonly offer: SdpDescription | undefined;
  /** One for each wish, in order. */
  readonly outcomes: readonly WishOutcome[];
}

/** @param state must be stable; the next one waits for the answer if there is an offer */
export function makeOffer(state: Negotiation, wishes: readonly SubscriptionWish[], maxSections: number, random: RandomSource): MadeOffer {
  invariant(state.signaling.type === 'stable', 'the SFU has one offer open at a time');
  const { lastOffer } = state.signaling;
  const placed = placeSubscriptions(state, wishes, { mayAddSections: true, maxSections }, random);
  const subscriptionIds = placed.outcomes.filter((outcome) => outcome.type === 'placed').map(({ subscription }) => subscription.id);
  if (subscriptionIds.length === 0) return { state, offer: undefined, outcomes: placed.outcomes };
  const sections = withoutParked(placed.state.sections);
  const next: Negotiation = {
    ...placed.state,
    sections: state.sections,
    origin: { ...state.origin, version: state.origin.version + 1 },
    signaling: { type: 'sfu-offer-pending', offer: { sections, subscriptionIds }, hasWithdrawn: lastOffer.outcome === 'withdrawn' },
  };
  return { state: next, offer: describe(next, sections, 'actpass'), outcomes: placed.outcomes };
}
