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

/** Drives the engine from one picture to the next; what is the same in both is not touched. */
export function applyMediaPlan(shard: Shard, before: MediaPlan, after: MediaPlan): void {
  const isReplaced = before.transport !== undefined && before.transport.transportId !== after.transport?.transportId;
  // Everything moves with the transport: it is taken down whole and built up on the new one.
  const kept = isReplaced ? NO_MEDIA : after;
  for (const id of before.subscriptions.keys()) if (!kept.subscriptions.has(id)) shard.removeSubscriberTrack(id);
  for (const id of before.publications.keys()) if (!kept.publications.has(id)) shard.removePublisherTrack(id);
  if (isReplaced) shard.closeTransport(before.transport.transportId);
  const standing = isReplaced ? NO_MEDIA : before;
  applyTransport(shard, standing.transport, after.transport);
  for (const [id, plan] of after.publications) if (!isSamePlan(standing.publications.get(id), plan)) shard.putPublisherTrack(plan);
  for (const [id, plan] of after.subscriptions) if (!isSamePlan(standing.subscriptions.get(id), plan)) shard.putSubscriberTrack(plan);
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
