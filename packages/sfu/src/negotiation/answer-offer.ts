/**
 * Turns a client's offer into the SFU's answer and the next state.
 *
 * @see RFC 8829 §5.3 (answers), RFC 3264 §6, docs/api.md §2
 */
import type { MediaKind } from '@causeway/media';
import { isRejectedSection, type SdpDescription, type SdpSection } from '@causeway/wire';
import { invariant } from '../invariant.ts';
import { checkInPieces, withMidsOfRejected } from './check-description.ts';
import { ClientSectionReader } from './client-section.ts';
import type { CodecReader } from './codecs.ts';
import { continueData } from './data-section.ts';
import { answerSetup, describe, type OwnDescription } from './describe.ts';
import { withoutParked } from './edit-sections.ts';
import { extensionMeanings, isSameKindMeaning, withOneMeaningPerId } from './header-extensions.ts';
import { atOnce, type InPieces, mapInPieces } from './in-pieces.ts';
import { renegotiateSending } from './live-sending.ts';
import type { SubscriptionWish } from './new-subscription.ts';
import { learnNumbers } from './number-table.ts';
import { placeSubscriptions, type WishOutcome } from './place-subscriptions.ts';
import { type AutoPublish, type MayPublish, type PublishOutcome, type PublishWish, publishInPieces } from './publish-sections.ts';
import type { Negotiation, RandomSource, RejectedSection, RtpSection, Section } from './state.ts';
import { negotiateTransport } from './transport.ts';

export interface OfferPolicy {
  readonly publish: readonly PublishWish[];
  readonly autoPublish: AutoPublish;
  /** Tracks to send with this answer, as far as the offer has room for them. */
  readonly subscribe: readonly SubscriptionWish[];
  readonly maxSections: number;
  /** Default: everything may be published. */
  readonly mayPublish?: MayPublish | undefined;
  /** Whether an association for data channels may be created. Default true. */
  readonly mayOpenData?: boolean;
}

export interface AnsweredOffer {
  readonly state: Negotiation;
  readonly answer: OwnDescription;
  /** One for each item of `policy.publish`, in order. */
  readonly published: readonly PublishOutcome[];
  /** One for each item of `policy.subscribe`, in order. */
  readonly subscribed: readonly WishOutcome[];
  /** Mids of sections that send but were answered `inactive`, or refused because no codec is supported. */
  readonly unpublishedMids: readonly string[];
}

/**
 * @param state must be stable
 * @throws invalid_session_description – the offer does not continue this session; nothing is changed
 */
export function answerOffer(state: Negotiation, clientOffer: SdpDescription, policy: OfferPolicy, random: RandomSource): AnsweredOffer {
  return atOnce(answerOfferInPieces(state, clientOffer, policy, random));
}

/** Like `answerOffer`, with pauses. */
export function* answerOfferInPieces(
  state: Negotiation,
  clientOffer: SdpDescription,
  policy: OfferPolicy,
  random: RandomSource,
): InPieces<AnsweredOffer> {
  invariant(state.signaling.type === 'stable', 'offers are answered only when no offer of the SFU is open');
  const withMids = withMidsOfRejected(clientOffer, state.sections);
  const offer = { ...withMids, sections: withOneMeaningPerId(withMids.sections) };
  yield;
  const known = knownSections(state, offer);
  yield* checkInPieces(offer, known);
  const reader = new ClientSectionReader();
  const continued = yield* continueSections(known, offer, { reader, mayOpenData: policy.mayOpenData ?? true });
  const negotiated = negotiateTransport(state, asTaken(offer, continued), 'offer', random);
  yield;
  const transported = learnOffer(negotiated, offer, reader.codecs);
  yield;
  const published = yield* publishInPieces(continued, policy.publish, policy.autoPublish, {
    sessionId: state.sessionId,
    publicationsNamed: state.named.publications,
    offered: offer.sections,
    sentBefore: sendingMids(known),
    random,
    mayPublish: policy.mayPublish,
  });
  const draft: Negotiation = {
    ...transported,
    sections: published.sections,
    named: { ...transported.named, publications: published.publicationsNamed },
  };
  yield;
  const placed = placeSubscriptions(draft, policy.subscribe, { isOffer: false, maxSections: policy.maxSections }, random);
  const next: Negotiation = {
    ...placed.state,
    sections: withoutParked(placed.state.sections),
    confirmedSections: offer.sections.length,
    origin: { ...state.origin, version: state.origin.version + 1 },
  };
  yield;
  return {
    state: next,
    answer: describeAnswer(next, offer),
    published: published.outcomes,
    subscribed: placed.outcomes,
    unpublishedMids: published.unpublishedMids,
  };
}

/**
 * Returns the sections that the client has seen. It may or may not have received the sections of an offer that it never
 * answered; it has if its own offer contains them.
 */
function knownSections(state: Negotiation, offer: SdpDescription): readonly Section[] {
  const firstUnknown = state.sections.findIndex((section, index) => {
    return index >= state.confirmedSections && offer.sections[index]?.mid !== section.mid;
  });
  return firstUnknown === -1 ? state.sections : state.sections.slice(0, firstUnknown);
}

function sendingMids(sections: readonly Section[]): ReadonlySet<string> {
  return new Set(sections.filter((section) => section.type === 'rtp' && section.clientSends).map(({ mid }) => mid));
}

function learnOffer(state: Negotiation, offer: SdpDescription, codecs: CodecReader): Negotiation {
  const rtpSections = offer.sections.filter(isRtp);
  return {
    ...state,
    payloadTypes: learnNumbers(state.payloadTypes, codecs.meanings(rtpSections.map((section) => section.codecs))),
    extensionIds: learnNumbers(state.extensionIds, extensionMeanings(rtpSections), isSameKindMeaning),
    allowsMixedExtensions: takesLargeExtensionIds(offer),
  };
}

type OfferedRtpSection = SdpSection & { readonly kind: MediaKind };

function isRtp(section: SdpSection): section is OfferedRtpSection {
  return section.kind === 'audio' || section.kind === 'video';
}

/** Firefox writes `a=extmap-allow-mixed` too, and then refuses a description that uses an id above 14 (seen in 153). */
function takesLargeExtensionIds({ extmapAllowMixed, origin }: SdpDescription): boolean {
  return extmapAllowMixed && !origin.username.startsWith('mozilla');
}

interface ContinueOptions {
  readonly reader: ClientSectionReader;
  readonly mayOpenData: boolean;
}

function continueSections(
  known: readonly Section[],
  offer: SdpDescription,
  { reader, mayOpenData }: ContinueOptions,
): InPieces<readonly Section[]> {
  const dataMid = offer.sections.find((section) => section.kind === 'application' && !isRejectedSection(section))?.mid;
  return mapInPieces(offer.sections, (section, index) => {
    const previous = known[index]?.mid === section.mid ? known[index] : undefined;
    if (isRejectedSection(section)) return rejected(section);
    if (isRtp(section)) return continueRtp(section, previous?.type === 'rtp' ? previous : undefined, reader);
    const former = previous?.type === 'data' ? previous : undefined;
    // An existing association belongs to a caller who was allowed to create it.
    const mayHaveData = section.mid === dataMid && (mayOpenData || former !== undefined);
    return (mayHaveData ? continueData(section, former) : undefined) ?? rejected(section);
  });
}

function continueRtp(section: OfferedRtpSection, previous: RtpSection | undefined, reader: ClientSectionReader): Section {
  const facts = reader.read(section, section.kind);
  if (facts.codecs.length === 0) return rejected(section);
  const { kind, mid = '' } = section;
  if (previous === undefined) {
    return { type: 'rtp', mid, kind, ...facts, publication: undefined, sending: { type: 'idle', hasSent: false } };
  }
  return { ...previous, ...facts, sending: renegotiateSending(previous.sending, facts) };
}

/**
 * Returns the offer without the sections that the answer will reject. The transport is that of the first section that
 * both sides use (RFC 9143 §7.3.1), and ends with it.
 */
function asTaken(offer: SdpDescription, continued: readonly Section[]): SdpDescription {
  const sections = offer.sections.map((section, index) => {
    return continued[index]?.type === 'rejected' ? { ...section, port: 0, bundleOnly: false } : section;
  });
  return { ...offer, sections };
}

export function rejected(section: Pick<SdpSection, 'media' | 'mid' | 'protocol' | 'formats'>): RejectedSection {
  return {
    type: 'rejected',
    mid: section.mid ?? '',
    media: section.media,
    protocol: section.protocol,
    // An m-line has at least one format (RFC 8866 §5.14).
    formats: section.formats.length > 0 ? section.formats.slice(0, 1) : ['0'],
  };
}

/** An answer may group only what the offer grouped (RFC 9143 §7.3). */
function describeAnswer(state: Negotiation, offer: SdpDescription): OwnDescription {
  const offered = new Set(offer.bundle);
  return describe(state, state.sections, { setup: answerSetup(state), mayBundle: (mid) => offered.has(mid) });
}
