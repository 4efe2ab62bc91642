/**
 * What the sections of a session contain, and changes to them that need no SDP. These apply to the present sections and to those of open or
 * queued offers.
 */
import { offersReportsByStream } from './codecs.ts';
import type { Negotiation, ParkCause, Publication, RtpSection, Section, Subscription } from './state.ts';

/** Replaces RTP sections one by one, in the present state and in every offer. */
export function editRtpSections(state: Negotiation, edit: (section: RtpSection) => RtpSection): Negotiation {
  const editAll = (sections: readonly Section[]): readonly Section[] => {
    const edited = sections.map((section) => (section.type === 'rtp' ? edit(section) : section));
    return edited.some((section, index) => section !== sections[index]) ? edited : sections;
  };
  const { signaling } = state;
  const queued = state.queued && { ...state.queued, sections: editAll(state.queued.sections) };
  const sections = editAll(state.sections);
  if (signaling.type === 'stable') return { ...state, sections, queued };
  const offer = { ...signaling.offer, sections: editAll(signaling.offer.sections) };
  return { ...state, sections, queued, signaling: { ...signaling, offer } };
}

export function editSubscription(state: Negotiation, id: string, edit: (subscription: Subscription) => Subscription): Negotiation {
  return editRtpSections(state, (section) => {
    if (section.sending.type !== 'live' || section.sending.subscription.id !== id) return section;
    return { ...section, sending: { type: 'live', subscription: edit(section.sending.subscription) } };
  });
}

/** Ends a subscription and keeps its m-section for another one. */
export function parkSubscription(state: Negotiation, id: string, cause: ParkCause): Negotiation {
  return editRtpSections(state, (section) => {
    if (section.sending.type !== 'live' || section.sending.subscription.id !== id) return section;
    return { ...section, sending: parked(section.sending.subscription, cause) };
  });
}

export function parked(last: Subscription, cause: ParkCause): RtpSection['sending'] {
  return { type: 'parked', last, cause };
}

export function editPublication(state: Negotiation, id: string, edit: (publication: Publication) => Publication | undefined): Negotiation {
  return editRtpSections(state, (section) => {
    if (section.publication?.id !== id) return section;
    const publication = edit(section.publication);
    return publication === section.publication ? section : { ...section, publication };
  });
}

/** A description has told the client that nothing more is sent, so the section can be reused. */
export function withoutParked(sections: readonly Section[]): readonly Section[] {
  return sections.map((section) => {
    if (section.type !== 'rtp' || section.sending.type !== 'parked') return section;
    return { ...section, sending: { type: 'idle', hasSent: true } };
  });
}

export interface LivePublication {
  readonly section: RtpSection;
  readonly publication: Publication;
}

/** Returns the sections that carry a publication, each with it. */
export function publications(state: Negotiation): readonly LivePublication[] {
  const found = [];
  for (const section of state.sections) {
    if (section.type === 'rtp' && section.publication !== undefined) found.push({ section, publication: section.publication });
  }
  return found;
}

export interface LiveSubscription {
  readonly section: RtpSection;
  readonly subscription: Subscription;
}

/** Returns the subscriptions in the order of their sections, including those of unanswered and queued offers. */
export function subscriptions(state: Negotiation): readonly LiveSubscription[] {
  return subscriptionsOn(latestSections(state));
}

/** The sections as they will be once no offer is open. */
export function latestSections({ queued, signaling, sections }: Negotiation): readonly Section[] {
  if (queued !== undefined) return queued.sections;
  return signaling.type === 'stable' ? sections : signaling.offer.sections;
}

export function subscriptionsOn(sections: readonly Section[]): readonly LiveSubscription[] {
  const found = [];
  for (const section of sections) {
    if (section.type === 'rtp' && section.sending.type === 'live') found.push({ section, subscription: section.sending.subscription });
  }
  return found;
}

/** The number of publications and subscriptions, including those of unanswered offers. */
export function trackCount(state: Negotiation): number {
  return publications(state).length + subscriptions(state).length;
}

/**
 * Whether client and SFU report per stream on what they have received (RFC 8888), in both directions: the client offers it on every
 * m-section. Such reports cover a transport, so all m-sections agree to them or none does. Transport-wide feedback, which Chromium offers
 * as well, is then not agreed to.
 */
export function reportsByStream(sections: readonly Section[]): boolean {
  let isOffered = false;
  for (const section of sections) {
    if (section.type !== 'rtp') continue;
    if (!offersReports(section)) return false;
    isOffered = true;
  }
  return isOffered;
}

function offersReports(section: RtpSection): boolean {
  const codecs = section.sending.type === 'live' ? section.sending.subscription.codecs : section.codecs;
  return codecs.some(offersReportsByStream);
}
