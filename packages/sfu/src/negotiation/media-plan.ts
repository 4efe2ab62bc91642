/**
 * What the engine should be doing for a session, derived from the negotiation's state, and the steps from one such picture to the
 * next. No verb lists its own steps, so none can forget one.
 */
import type { IceRestartPlan, PublisherTrackPlan, SubscriberTrackPlan, TransportPlan } from '@causeway/media';
import type { Shard } from '../shard.ts';
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

export function mediaPlanOf(state: Negotiation): MediaPlan {
  const { transport } = state;
  if (transport === undefined) return NO_MEDIA;
  const publications = new Map<string, PublisherTrackPlan>();
  const subscriptions = new Map<string, SubscriberTrackPlan>();
  for (const section of state.sections) {
    if (section.type !== 'rtp') continue;
    if (section.publication !== undefined) publications.set(section.publication.id, publisherPlan(state, section, section.publication.id));
    if (section.sending.type !== 'live') continue;
    const { subscription } = section.sending;
    subscriptions.set(subscription.id, subscriberPlan(state, section, subscription));
  }
  return {
    transport: {
      transportId: state.sessionId,
      local: state.ice,
      remote: transport.remote,
      dtlsRole: transport.dtlsRole,
      remoteFingerprints: transport.remoteFingerprints,
    },
    publications,
    subscriptions,
  };
}

function publisherPlan(state: Negotiation, section: RtpSection, trackId: string): PublisherTrackPlan {
  return {
    transportId: state.sessionId,
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

function subscriberPlan(state: Negotiation, section: RtpSection, subscription: Subscription): SubscriberTrackPlan {
  return {
    transportId: state.sessionId,
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

/** Drives the engine from one picture to the next; what is the same in both is not touched. */
export function applyMediaPlan(shard: Shard, before: MediaPlan, after: MediaPlan): void {
  applyTransport(shard, before.transport, after.transport);
  for (const id of before.subscriptions.keys()) if (!after.subscriptions.has(id)) shard.removeSubscriberTrack(id);
  for (const id of before.publications.keys()) if (!after.publications.has(id)) shard.removePublisherTrack(id);
  for (const [id, plan] of after.publications) if (!isSamePlan(before.publications.get(id), plan)) shard.putPublisherTrack(plan);
  for (const [id, plan] of after.subscriptions) if (!isSamePlan(before.subscriptions.get(id), plan)) shard.putSubscriberTrack(plan);
}

function applyTransport(shard: Shard, before: TransportPlan | undefined, after: TransportPlan | undefined): void {
  if (after === undefined) return;
  if (before === undefined) {
    shard.openTransport(after);
  } else if (!isSamePlan([before.local, before.remote], [after.local, after.remote])) {
    const restart: IceRestartPlan = { transportId: after.transportId, local: after.local, remote: after.remote };
    shard.restartIce(restart);
  }
}

/** Plans are plain data that one function builds, so equal ones are written alike. */
function isSamePlan(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
