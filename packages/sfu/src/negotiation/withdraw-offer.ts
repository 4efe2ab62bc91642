import { invariant } from '../invariant.ts';
import { type LiveSubscription, subscriptionsOn } from './edit-sections.ts';
import type { Negotiation, Section } from './state.ts';

export interface WithdrawnOffer {
  readonly state: Negotiation;
  /** Subscriptions that were in the offer and now are nowhere. */
  readonly dropped: readonly LiveSubscription[];
}

/**
 * Takes back an offer that was not answered in time. Its new m-sections stay, idle: the client may have applied it after all, and the
 * order of m-sections can never be changed again.
 *
 * @param state must have an offer open
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

function asIdle(section: Section): Section {
  return section.type === 'rtp' ? { ...section, sending: { type: 'idle', hasSent: false } } : section;
}
