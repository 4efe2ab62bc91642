/**
 * Chooses the m-section on which each wanted track is sent to the client (docs/api.md §3). Used sections are preferred
 * to new ones, so that the SDP does not grow with churn.
 *
 * Browsers fire `track` when a section starts to send. A parked section starts again only if a description was
 * exchanged in between, so it is used only for clients that do not depend on the event.
 */
import type { MediaKind } from '@causeway/media';
import type { ErrorCode } from '@causeway/protocol';
import {
  type NamingContext,
  type SubscriptionWish,
  subscribeOn,
  subscribeOnNewSection,
  takenNames,
  withExtensionsOf,
} from './new-subscription.ts';
import type { Negotiation, RandomSource, RtpSection, Section, Subscription, TrackSource } from './state.ts';

export type WishOutcome =
  | { readonly type: 'placed'; readonly mid: string; readonly subscription: Subscription }
  | { readonly type: 'already_subscribed'; readonly mid: string; readonly subscription: Subscription }
  /** No existing m-section fits, and an answer cannot add one. */
  | { readonly type: 'needs_offer' }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly description: string };

export interface PlacementRules {
  /** An offer may add m-sections and header extensions; an answer may not. */
  readonly isOffer: boolean;
  readonly maxSections: number;
}

/** @returns the state with its sections and numbers updated, and one outcome for each wish, in order */
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
  if (choice.type === 'existing') {
    const usable = rules.isOffer ? withExtensionsOf(state, choice.section, wish.source) : { state, section: choice.section };
    return placedOn(subscribeOn(usable.state, usable.section, wish, naming), choice.section.mid);
  }
  return rules.isOffer ? placeOnNewSection(state, wish, rules, naming) : { state, outcome: { type: 'needs_offer' } };
}

/** A track that is already subscribed to is not sent a second time unless the caller asks for it. */
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

type SectionChoice =
  | { readonly type: 'existing'; readonly section: RtpSection }
  | { readonly type: 'new' }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly description: string };

/** @param mid the section that the caller asked for; undefined if the SFU chooses */
function chooseSection(sections: readonly Section[], source: TrackSource, mid: string | undefined): SectionChoice {
  if (mid !== undefined) return namedSection(sections, source, mid);
  let best: { readonly section: RtpSection; readonly rank: number } | undefined;
  for (const section of sections) {
    if (section.type !== 'rtp') continue;
    const rank = rankOf(section);
    if (rank === undefined || (best !== undefined && rank >= best.rank) || !canCarry(section, source)) continue;
    best = { section, rank };
  }
  return best === undefined ? { type: 'new' } : { type: 'existing', section: best.section };
}

/** Whether kind and codec fit. A publisher sends its first codec by default, so that one must be negotiated. */
export function canCarry(section: RtpSection, source: Pick<TrackSource, 'kind' | 'codecs'>): boolean {
  const [primary] = source.codecs;
  if (primary === undefined || section.kind !== source.kind || !section.clientReceives) return false;
  return section.codecs.some(({ identity }) => identity === primary.identity);
}

/** @returns a lower rank for a better section; undefined for one that is used only if named by its mid */
function rankOf(section: RtpSection): number | undefined {
  if (section.publication !== undefined && !isGhost(section)) return undefined;
  switch (section.sending.type) {
    case 'live':
      return undefined;
    case 'parked':
      // A client that unsubscribed reads the mid in the reply; one whose publisher left waits for the `track` event.
      return section.sending.cause === 'unsubscribed' ? 3 : undefined;
    case 'idle':
      if (section.sending.hasSent) return 2;
      return section.publication === undefined ? 0 : 1;
  }
}

/** Whether it looks like a transceiver without a track: a publication that never sends anything. */
function isGhost({ publication }: RtpSection): boolean {
  return publication !== undefined && publication.status === 'pending' && !publication.isExplicit && !publication.namesStream;
}

function namedSection(sections: readonly Section[], source: TrackSource, mid: string): SectionChoice {
  const section = sections.find((each) => each.mid === mid);
  if (section?.type !== 'rtp') return failed('track_not_found', `this session has no audio or video m-section with mid ${mid}`);
  if (section.kind !== source.kind) return failed('codec_mismatch', `mid ${mid} is ${section.kind}; the track is ${source.kind}`);
  if (section.sending.type === 'live') {
    return failed('invalid_params', `mid ${mid} carries a track already; switch it with track/update`);
  }
  if (!section.clientReceives) return failed('invalid_params', `the client does not receive on mid ${mid}`);
  return canCarry(section, source) ? { type: 'existing', section } : codecMismatch(source, mid);
}

function codecMismatch(source: { readonly kind: MediaKind; readonly codecs: TrackSource['codecs'] }, mid: string) {
  return failed(
    'codec_mismatch',
    `mid ${mid} was not negotiated for ${source.codecs[0]?.name ?? 'this codec'}, which the track is sent in`,
  );
}

function failed(code: ErrorCode, description: string): { readonly type: 'failed'; readonly code: ErrorCode; readonly description: string } {
  return { type: 'failed', code, description };
}
