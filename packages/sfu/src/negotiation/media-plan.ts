/** Derives what the engine should do for a session from the state of the negotiation. */
import { type ExtensionPlan, madeOnce, type PublisherTrackPlan, type SubscriberTrackPlan, type TransportPlan } from '@causeway/media';
import { TRANSPORT_WIDE_CC_URI } from '@causeway/wire';
import { codecPlans, offersTransportCc } from './codecs.ts';
import { isReceiving, receivesTransportWideCc } from './describe.ts';
import { reportsByStream } from './edit-sections.ts';
import { type HeaderExtension, isTransportWideCc, publisherExtensions } from './header-extensions.ts';
import { atOnce, type InPieces, ITEMS_AT_ONCE } from './in-pieces.ts';
import { layerPlan } from './layer-choice.ts';
import type { Negotiation, RtpSection, Subscription } from './state.ts';

export interface MediaPlan {
  readonly transport: TransportPlan | undefined;
  readonly publications: ReadonlyMap<string, PublisherTrackPlan>;
  readonly subscriptions: ReadonlyMap<string, SubscriberTrackPlan>;
  /** The m-section that each plan was derived from, by the same ids. */
  readonly sections: ReadonlyMap<string, RtpSection>;
}

/** Shared by all plans with nothing in them, since a session keeps its plan. */
const NONE: ReadonlyMap<string, never> = new Map<string, never>();

export const NO_MEDIA: MediaPlan = { transport: undefined, publications: NONE, subscriptions: NONE, sections: NONE };

/**
 * @param account the account that the session's usage is billed to
 * @param before an earlier plan of the session. Plans of identical m-sections are taken from it: most changes concern
 * one of up to 256 m-sections, and m-sections are never changed in place
 */
export function mediaPlanOf(state: Negotiation, account: string, before: MediaPlan = NO_MEDIA): MediaPlan {
  return atOnce(mediaPlanInPieces(state, account, before));
}

/** Like `mediaPlanOf`, with pauses. */
export function* mediaPlanInPieces(state: Negotiation, account: string, before: MediaPlan): InPieces<MediaPlan> {
  const { transport } = state;
  if (transport === undefined) return NO_MEDIA;
  const standing = before.transport?.transportId === transport.id ? before : NO_MEDIA;
  const publications = new Map<string, PublisherTrackPlan>();
  const subscriptions = new Map<string, SubscriberTrackPlan>();
  const sections = new Map<string, RtpSection>();
  const isReportedByStream = reportsByStream(state.sections);
  const isStanding = (id: string, section: RtpSection, plan: { readonly isReportedByStream?: boolean } | undefined) =>
    standing.sections.get(id) === section && (plan?.isReportedByStream === true) === isReportedByStream;
  for (const [index, section] of state.sections.entries()) {
    if (index % ITEMS_AT_ONCE === 0) yield;
    if (section.type !== 'rtp') continue;
    const { publication, sending } = section;
    if (publication !== undefined) {
      const { id } = publication;
      const known = standing.publications.get(id);
      const names = { id, chargedAs: chargedName(state.sessionId, publication.trackId) };
      const plan = known !== undefined && isStanding(id, section, known) ? known : publisherPlan(transport.id, section, names);
      publications.set(id, isReportedByStream ? reportedByStream(plan) : plan);
      sections.set(id, section);
    }
    if (sending.type === 'live') {
      const { id } = sending.subscription;
      const known = standing.subscriptions.get(id);
      const plan =
        known !== undefined && isStanding(id, section, known) ? known : subscriberPlan(transport.id, section, sending.subscription);
      subscriptions.set(id, isReportedByStream ? reportedByStream(plan) : plan);
      sections.set(id, section);
    }
  }
  return {
    transport: {
      transportId: transport.id,
      local: state.ice,
      remote: transport.remote,
      dtlsRole: transport.dtlsRole,
      remoteFingerprints: transport.remoteFingerprints,
      account,
    },
    publications: orNone(publications),
    subscriptions: orNone(subscriptions),
    sections: orNone(sections),
  };
}

function orNone<Value>(map: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> {
  return map.size === 0 ? NONE : map;
}

type ReportedPlan = Pick<SubscriberTrackPlan, 'extensions' | 'isReportedByStream'>;

/**
 * Returns the plan for per-stream reports, for which packets carry no transport-wide numbers. A plan that already is one stays the same
 * object.
 */
function reportedByStream<Plan extends ReportedPlan>(plan: Plan): Plan {
  if (plan.isReportedByStream === true) return plan;
  return { ...plan, isReportedByStream: true, extensions: plan.extensions.filter(({ uri }) => uri !== TRANSPORT_WIDE_CC_URI) };
}

/** The name under which usage is listed. Unlike the id of a publication, clients know both parts. */
function chargedName(sessionId: string, trackId: string): string {
  return `${sessionId}/${trackId}`;
}

interface PublicationNames {
  readonly id: string;
  readonly chargedAs: string;
}

function publisherPlan(transportId: string, section: RtpSection, { id, chargedAs }: PublicationNames): PublisherTrackPlan {
  return {
    transportId,
    trackId: id,
    chargedAs,
    mid: section.mid,
    kind: section.kind,
    codecs: codecPlans(section.codecs),
    extensions: receivedExtensions(section.extensions),
    ssrcs: section.ssrcs,
    rids: section.rids,
    transportWideCc: isReceiving(section) && receivesTransportWideCc(section),
  };
}

function subscriberPlan(transportId: string, section: RtpSection, subscription: Subscription): SubscriberTrackPlan {
  return {
    transportId,
    subscriptionId: subscription.id,
    mid: section.mid,
    kind: section.kind,
    sourceTrackId: subscription.sourceTrackId,
    chargedAs: chargedName(subscription.remoteSessionId, subscription.remoteTrackId),
    ssrc: subscription.ssrc,
    rtxSsrc: subscription.rtxSsrc,
    cname: subscription.cname,
    codecs: codecPlans(subscription.codecs),
    extensions: sentExtensions(subscription),
    // A client that stops receiving, for example during a call on hold, keeps its subscription.
    paused: subscription.isPaused || !section.clientReceives,
    ...layerPlan(subscription.layers, subscription.sourceRids),
  };
}

const receivedExtensions = madeOnce((extensions: readonly HeaderExtension[]): readonly ExtensionPlan[] => {
  return publisherExtensions(extensions).map(extensionPlan);
});

/** Transport-wide numbers are not written if the client would not report on them. */
function sentExtensions({ extensions, codecs }: Subscription): readonly ExtensionPlan[] {
  return codecs.some(offersTransportCc) ? extensionPlans(extensions) : withoutTransportWideCc(extensions);
}

const extensionPlans = madeOnce((extensions: readonly HeaderExtension[]): readonly ExtensionPlan[] => extensions.map(extensionPlan));

const withoutTransportWideCc = madeOnce((extensions: readonly HeaderExtension[]): readonly ExtensionPlan[] => {
  return extensions.filter((extension) => !isTransportWideCc(extension)).map(extensionPlan);
});

/** Returns the URIs of the header extensions that a publication's packets may carry, given those of its m-section. */
export const publisherUris = madeOnce((extensions: readonly HeaderExtension[]): readonly string[] => {
  return publisherExtensions(extensions).map(({ uri }) => uri);
});

function extensionPlan({ id, uri }: HeaderExtension): ExtensionPlan {
  return { id, uri };
}
