/** Finds an m-section for each wanted track, one after the other. */
import type { ErrorCode } from '@causeway/protocol';
import { chooseSection } from './choose-section.ts';
import { type NamingContext, type SubscriptionWish, subscribeOn, subscribeOnNewSection, takenNames } from './new-subscription.ts';
import type { Negotiation, RandomSource, Subscription } from './state.ts';

export type WishOutcome =
  | { readonly type: 'placed'; readonly mid: string; readonly subscription: Subscription }
  | { readonly type: 'already_subscribed'; readonly mid: string; readonly subscription: Subscription }
  /** There is no fitting m-section, and an answer cannot add one. */
  | { readonly type: 'needs_offer' }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly description: string };

export interface PlacementRules {
  /** An offer may add m-sections; an answer may not. */
  readonly mayAddSections: boolean;
  readonly maxSections: number;
}

/** @returns the state with sections and numbers changed, and one outcome for each wish, in order */
export function placeSubscriptions(
  state: Negotiation,
  wishes: readonly SubscriptionWish[],
  rules: PlacementRules,
  random: RandomSource,
): { readonly state: Negotiation; readonly outcomes: readonly WishOutcome[] } {
  const outcomes: WishOutcome[] = [];
  const naming = { taken: takenNames(state.sections), random };
  let draft = state;
  for (const wish of wishes) {
    const step = placeOne(draft, wish, rules, naming);
    draft = step.state;
    outcomes.push(step.outcome);
  }
  return { state: draft, outcomes };
}

interface PlacementStep {
  readonly state: Negotiation;
  readonly outcome: WishOutcome;
}

function placeOne(state: Negotiation, wish: SubscriptionWish, rules: PlacementRules, naming: NamingContext): PlacementStep {
  const existing = wish.isDuplicate ? undefined : findSubscription(state, wish);
  if (existing !== undefined) return { state, outcome: { type: 'already_subscribed', ...existing } };
  const choice = chooseSection(state.sections, wish.source, wish.mid);
  if (choice.type === 'failed') return { state, outcome: choice };
  if (choice.type === 'existing') return placedOn(subscribeOn(state, choice.section, wish, naming), choice.section.mid);
  return rules.mayAddSections ? placeOnNewSection(state, wish, rules, naming) : { state, outcome: { type: 'needs_offer' } };
}

/** A track that is subscribed to already is not sent a second time, unless that is what the caller asks for. */
function findSubscription(
  state: Negotiation,
  { source, mid }: SubscriptionWish,
): { readonly mid: string; readonly subscription: Subscription } | undefined {
  for (const section of state.sections) {
    if (section.type !== 'rtp' || section.sending.type !== 'live' || (mid !== undefined && section.mid !== mid)) continue;
    const { subscription } = section.sending;
    if (subscription.sourceTrackId === source.sourceTrackId) return { mid: section.mid, subscription };
  }
  return undefined;
}

function placeOnNewSection(state: Negotiation, wish: SubscriptionWish, rules: PlacementRules, naming: NamingContext): PlacementStep {
  if (state.sections.length >= rules.maxSections) {
    return {
      state,
      outcome: { type: 'failed', code: 'quota_exceeded', description: `a session has at most ${rules.maxSections} m-sections` },
    };
  }
  const placed = subscribeOnNewSection(state, wish, naming);
  if (placed === undefined) {
    return { state, outcome: { type: 'failed', code: 'quota_exceeded', description: 'no RTP payload type is left in this session' } };
  }
  return placedOn(placed, placed.state.sections.at(-1)?.mid ?? '');
}

function placedOn(
  { state, subscription }: { readonly state: Negotiation; readonly subscription: Subscription },
  mid: string,
): PlacementStep {
  return { state, outcome: { type: 'placed', mid, subscription } };
}
