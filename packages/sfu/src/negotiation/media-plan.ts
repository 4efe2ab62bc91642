/** Derives what the engine should do for a session from the state of the negotiation. */
import { type ExtensionPlan, madeOnce, type PublisherTrackPlan, type SubscriberTrackPlan, type TransportPlan } from '@causeway/media';
import { codecPlans, offersTransportCc } from './codecs.ts';
import { isReceiving, receivesTransportWideCc } from './describe.ts';
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

export const NO_MEDIA: MediaPlan = { transport: undefined, publications: new Map(), subscriptions: new Map(), sections: new Map() };

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
  for (const [index, section] of state.sections.entries()) {
    if (index % ITEMS_AT_ONCE === 0) yield;
    if (section.type !== 'rtp') continue;
    const { publication, sending } = section;
    if (publication !== undefined) {
      const { id } = publication;
      const known = standing.sections.get(id) === section ? standing.publications.get(id) : undefined;
      publications.set(
        id,
        known ?? publisherPlan(transport.id, section, { id, chargedAs: chargedName(state.sessionId, publication.trackId) }),
      );
      sections.set(id, section);
    }
    if (sending.type === 'live') {
      const { id } = sending.subscription;
      const known = standing.sections.get(id) === section ? standing.subscriptions.get(id) : undefined;
      subscriptions.set(id, known ?? subscriberPlan(transport.id, section, sending.subscription));
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
    publications,
    subscriptions,
    sections,
  };
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
    extensions: sentExtensions(subscription).map(extensionPlan),
    // A client that stops receiving, for example during a call on hold, keeps its subscription.
    paused: subscription.isPaused || !section.clientReceives,
    ...layerPlan(subscription.layers, subscription.sourceRids),
  };
}

const receivedExtensions = madeOnce((extensions: readonly HeaderExtension[]): readonly ExtensionPlan[] => {
  return publisherExtensions(extensions).map(extensionPlan);
});

/** Transport-wide numbers are not written if the client would not report on them. */
function sentExtensions({ extensions, codecs }: Subscription): readonly HeaderExtension[] {
  return codecs.some(offersTransportCc) ? extensions : extensions.filter((extension) => !isTransportWideCc(extension));
}

/** Returns the URIs of the header extensions that a publication's packets may carry, given those of its m-section. */
export const publisherUris = madeOnce((extensions: readonly HeaderExtension[]): readonly string[] => {
  return publisherExtensions(extensions).map(({ uri }) => uri);
});

function extensionPlan({ id, uri }: HeaderExtension): ExtensionPlan {
  return { id, uri };
}
