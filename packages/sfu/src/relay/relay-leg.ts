/**
 * One hop of a relayed track, as plain data. The downstream side derives a leg from the track's record in the registry
 * and sends it to the upstream side. To the downstream engine the leg is a publication, to the upstream engine one
 * subscription for each layer.
 *
 * All numbers on the wire are the leg's own. The SSRC identifies the layer of a packet, so packets contain neither MID
 * nor RID.
 */
import type { AnnouncedSsrcPlan, CodecPlan, ExtensionPlan, MediaKind, PublisherTrackPlan, SubscriberTrackPlan } from '@causeway/media';
import { TRANSPORT_WIDE_CC_URI } from '@causeway/wire';
import type { SourceCodec } from '../negotiation/codecs.ts';
import { forwardedUris } from '../negotiation/header-extensions.ts';

/** What a leg needs to know about the track; a `TrackRecord` includes it. */
export interface RelayedTrack {
  readonly kind: MediaKind;
  /** The publisher's codecs, best first. */
  readonly codecs: readonly SourceCodec[];
  readonly extensionUris: readonly string[];
  /** The RIDs in the order of `a=simulcast`; empty without simulcast. */
  readonly rids: readonly string[];
}

/** One encoding of the track on this leg. */
export interface LegLayer {
  /** Empty for the only encoding of a track without simulcast. */
  readonly rid: string;
  readonly ssrc: number;
  readonly rtxSsrc: number;
}

export interface LegCodec extends CodecPlan {
  readonly rtxPayloadType: number;
}

export interface RelayLeg {
  /** Distinguishes the legs of one transport; never written into a packet. */
  readonly mid: string;
  readonly kind: MediaKind;
  readonly codecs: readonly LegCodec[];
  readonly extensions: readonly ExtensionPlan[];
  /** All layers of the track, wanted or not, so that a change of demand needs no new numbers. */
  readonly layers: readonly LegLayer[];
}

/** Dynamic payload types; 64 to 95 would look like RTCP (RFC 5761 §4). */
const PAYLOAD_TYPES: readonly number[] = [...range(96, 127), ...range(35, 63)];
/**
 * Numbers all packets of a link to another node, across legs, so all legs use the same id. A node of a version without
 * it sends and receives no numbers. Ids up to 14 fit the one-byte form (RFC 8285 §4.2).
 */
export const LINK_TRANSPORT_WIDE_CC: ExtensionPlan = { id: 14, uri: TRANSPORT_WIDE_CC_URI };

const NO_LAYERS: ReadonlySet<string> = new Set();

/**
 * @param mid unique among the legs of the transport
 * @param nextSsrc returns an SSRC that was never used on the transport; SRTP must not see one twice (RFC 3711 §9.1)
 */
export function createLeg(track: RelayedTrack, mid: string, nextSsrc: () => number): RelayLeg {
  const rids = track.rids.length === 0 ? [''] : track.rids;
  return {
    mid,
    kind: track.kind,
    codecs: legCodecs(track),
    extensions: legExtensions(track.extensionUris),
    layers: rids.map((rid) => ({ rid, ssrc: nextSsrc(), rtxSsrc: nextSsrc() })),
  };
}

/** The leg for the downstream engine: an ordinary publication, whose packets may arrive as soon as this is put. */
export function downstreamPlan(leg: RelayLeg, ids: Pick<PublisherTrackPlan, 'transportId' | 'trackId' | 'copyOf'>): PublisherTrackPlan {
  const { mid, kind, codecs, extensions, layers } = leg;
  return {
    ...ids,
    mid,
    kind,
    codecs,
    extensions,
    ssrcs: layers.map(announcedSsrc),
    rids: layers.map(({ rid }) => rid).filter((rid) => rid !== ''),
    transportWideCc: false,
  };
}

export interface UpstreamLegIds {
  readonly transportId: string;
  /** The subscriptions of the layers are named after it. */
  readonly legId: string;
  /** The id of the track in the upstream engine. */
  readonly sourceTrackId: string;
  /** The account that is billed for the track. By default, its traffic is not counted. */
  readonly account?: string;
  /** The track's share of a link that is too narrow, relative to other tracks. Default 1. */
  readonly weight?: number;
}

/**
 * The leg for the upstream engine: a subscription for each layer that is or was carried. A layer that is no longer
 * wanted is paused and not removed, because its SSRC could not be used again.
 *
 * @param carried see `layersToCarry`; also contains the layers that may replace them
 * @param opened ids of this leg's subscriptions that were put before
 * @param standIns those of the carried layers that are sent only in place of better ones that the link does not carry
 */
export function upstreamPlans(
  leg: RelayLeg,
  ids: UpstreamLegIds,
  carried: ReadonlySet<string>,
  opened: ReadonlySet<string>,
  standIns: ReadonlySet<string> = NO_LAYERS,
): readonly SubscriberTrackPlan[] {
  return leg.layers
    .map((layer) => ({
      ...upstreamPlan(leg, layer, ids, !carried.has(layer.rid)),
      ...(standIns.has(layer.rid) && { isStandIn: true }),
    }))
    .filter(({ subscriptionId, paused }) => !paused || opened.has(subscriptionId));
}

function upstreamPlan(leg: RelayLeg, layer: LegLayer, ids: UpstreamLegIds, paused: boolean): SubscriberTrackPlan {
  const isOneOfMany = layer.rid !== '';
  return {
    transportId: ids.transportId,
    subscriptionId: isOneOfMany ? `${ids.legId}/${layer.rid}` : ids.legId,
    mid: leg.mid,
    kind: leg.kind,
    sourceTrackId: ids.sourceTrackId,
    ssrc: layer.ssrc,
    rtxSsrc: layer.rtxSsrc,
    // Only the other end of the link sees this; subscribers receive the session name of the publisher.
    cname: ids.legId,
    codecs: leg.codecs,
    extensions: leg.extensions,
    paused,
    preferredRid: isOneOfMany ? layer.rid : undefined,
    ...(isOneOfMany && { isExactLayer: true }),
    ...(ids.account !== undefined && { account: ids.account }),
    ...(ids.weight !== undefined && { layers: { priority: ids.weight } }),
  };
}

/** Every hop repairs its own losses, including those of audio, because its round trip is known to be short enough. */
function legCodecs({ kind, codecs }: RelayedTrack): readonly LegCodec[] {
  return codecs.slice(0, Math.floor(PAYLOAD_TYPES.length / 2)).map(({ name, clockRateHz, channels, fmtp }, index) => ({
    payloadType: PAYLOAD_TYPES[index * 2] ?? 0,
    name: name.toLowerCase(),
    clockRateHz,
    channels,
    fmtp,
    rtxPayloadType: PAYLOAD_TYPES[index * 2 + 1] ?? 0,
    nack: true,
    pli: kind === 'video',
    fir: false,
  }));
}

/** Returns the extensions that mean the same to every receiver; MID, RID and send times belong to one hop. */
function legExtensions(sourceUris: readonly string[]): readonly ExtensionPlan[] {
  return forwardedUris(sourceUris).map((uri, index) => ({ id: index + 1, uri }));
}

function announcedSsrc({ rid, ssrc, rtxSsrc }: LegLayer): AnnouncedSsrcPlan {
  return rid === '' ? { ssrc, rtxSsrc } : { ssrc, rtxSsrc, rid };
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
