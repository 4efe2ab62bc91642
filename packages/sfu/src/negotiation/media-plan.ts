/** What the engine should be doing for a session, derived from the negotiation's state. */
import type { PublisherTrackPlan, SubscriberTrackPlan, TransportPlan } from '@causeway/media';
import { codecPlan } from './codecs.ts';
import { isReceiving, receivesTransportWideCc } from './describe.ts';
import { type HeaderExtension, publisherExtensions } from './header-extensions.ts';
import type { Negotiation, RtpSection, Subscription } from './state.ts';

export interface MediaPlan {
  readonly transport: TransportPlan | undefined;
  readonly publications: ReadonlyMap<string, PublisherTrackPlan>;
  readonly subscriptions: ReadonlyMap<string, SubscriberTrackPlan>;
}

export const NO_MEDIA: MediaPlan = { transport: undefined, publications: new Map(), subscriptions: new Map() };

/** @param account who is charged for what the session sends and gets */
export function mediaPlanOf(state: Negotiation, account: string): MediaPlan {
  const { transport } = state;
  if (transport === undefined) return NO_MEDIA;
  const publications = new Map<string, PublisherTrackPlan>();
  const subscriptions = new Map<string, SubscriberTrackPlan>();
  for (const section of state.sections) {
    if (section.type !== 'rtp') continue;
    if (section.publication !== undefined)
      publications.set(section.publication.id, publisherPlan(transport.id, section, section.publication.id));
    if (section.sending.type !== 'live') continue;
    const { subscription } = section.sending;
    subscriptions.set(subscription.id, subscriberPlan(transport.id, section, subscription));
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
  };
}

function publisherPlan(transportId: string, section: RtpSection, trackId: string): PublisherTrackPlan {
  return {
    transportId,
    trackId,
    mid: section.mid,
    kind: section.kind,
    codecs: section.codecs.map(codecPlan),
    extensions: publisherExtensions(section.extensions).map(extensionPlan),
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
    ssrc: subscription.ssrc,
    rtxSsrc: subscription.rtxSsrc,
    cname: subscription.cname,
    codecs: subscription.codecs.map(codecPlan),
    extensions: subscription.extensions.map(extensionPlan),
    // A client that stops receiving keeps its subscription, as a call on hold does.
    paused: subscription.isPaused || !section.clientReceives,
    preferredRid: subscription.preferredRid,
  };
}

/** URIs of the header extensions that packets of a publication may carry. */
export function publisherUris(section: RtpSection): readonly string[] {
  return publisherExtensions(section.extensions).map(({ uri }) => uri);
}

function extensionPlan({ id, uri }: HeaderExtension): { readonly id: number; readonly uri: string } {
  return { id, uri };
}
