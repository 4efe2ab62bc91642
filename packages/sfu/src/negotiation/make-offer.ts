/**
 * The SFU's own offer: brings tracks to the client on existing or new m-sections.
 *
 * @see RFC 8829 §5.2 (offers), docs/api.md §3
 */
import { invariant } from '../invariant.ts';
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

/** @param state must be stable; the next one waits for the answer if there is an offer */
export function makeOffer(state: Negotiation, wishes: readonly SubscriptionWish[], maxSections: number, random: RandomSource): MadeOffer {
  const { state: draft, outcomes } = placeSubscriptions(state, wishes, { mayAddSections: true, maxSections }, random);
  const subscriptionIds = placedIds(outcomes);
  if (subscriptionIds.length === 0) return { state, offer: undefined, outcomes };
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
