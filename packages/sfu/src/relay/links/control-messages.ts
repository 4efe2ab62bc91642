/**
 * The messages that two nodes exchange on the control channel of their link: JSON, one per data channel message. The
 * other end is an authenticated node of the same cluster, but may run another version or be faulty, so every message is
 * validated.
 *
 * `LINK_VERSIONS` lists the supported versions of this protocol. A field or message that old nodes may ignore needs no
 * new version: unknown fields are dropped, and messages of an unknown type are skipped.
 */
import { z } from 'zod';
import type { DataChannelRecord } from '../../registry/index.ts';

/** The versions of the link protocol that this node supports. */
export const LINK_VERSIONS = { min: 1, max: 4 } as const;
/** The first version in which a node accepts changes of link states (`links-changed`) and reports which ones it knows (`link-states-known`). */
export const LINK_CHANGES_VERSION = 2;
/** The first version in which a node imports other nodes' data channels and passes them on. */
export const LINK_DATA_VERSION = 3;
/** The first version in which a node accepts routes of more than `MAX_SHORT_ROUTE_NODES`. */
export const LONG_ROUTES_VERSION = 4;

/** A range of versions of the link protocol, both ends included. */
export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** @returns the highest version that both nodes support; undefined if there is none */
export function commonVersion(one: VersionRange, other: VersionRange): number | undefined {
  const highest = Math.min(one.max, other.max);
  return highest >= Math.max(one.min, other.min) ? highest : undefined;
}

/** Explains why two nodes have no common version. */
export function explainNoVersion(ours: VersionRange, theirs: VersionRange): string {
  return `no common link version: this node supports ${ours.min} to ${ours.max}, the other ${theirs.min} to ${theirs.max}`;
}

/** Names of channel and protocol in the DCEP OPEN (RFC 8832 §5.1). */
export const CONTROL_LABEL = 'causeway-control';
export const CONTROL_PROTOCOL = 'causeway-link';

/** `tellableTrack` leaves out longer values before a message is written. */
export const MESSAGE_BOUNDS = { nameLength: 256, codecs: 24, layers: 16, extensions: 24, aliases: 8, hops: 48 } as const;
const { nameLength: MAX_NAME, codecs: MAX_CODECS, layers: MAX_LAYERS, extensions: MAX_EXTENSIONS } = MESSAGE_BOUNDS;
/** The owner, four intermediate nodes, and the requester. */
export const MAX_ROUTE_NODES = 6;
/** The longest route that a node of a version before `LONG_ROUTES_VERSION` accepts. */
export const MAX_SHORT_ROUTE_NODES = 4;
/** All links of a node have to fit into one message. */
export const MAX_TOLD_LINKS = 500;
/** The most nodes in a cluster, since each has a link to every other; further nodes refuse to start. */
export const MAX_NODES = MAX_TOLD_LINKS + 1;

/** Twice the maximum number of nodes: some are gone, and not all nodes know that yet. */
export const MAX_KNOWN_STATES = 2 * MAX_NODES;

/** The limit of an association between nodes. */
export const MAX_STREAM_ID = 65_534;
/** As many messages as a publication may retain. */
const MAX_RETAIN = 65_535;

/** More subscribers than a cluster can have, as a power of two, since demands are rounded to one. */
const MAX_WEIGHT = 2 ** 30;

const nodeNo = z.int().min(0).max(65_535);
const wantId = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const text = (max: number) => z.string().max(max);
const list = <Item extends z.ZodType>(item: Item, max: number) => z.array(item).max(max).readonly();
const kind = z.enum(['audio', 'video']);
const rid = text(MAX_NAME);
const ssrc = z.int().min(1).max(0xff_ff_ff_ff);
const payloadType = z.int().min(0).max(127);
const closeReason = z.enum(['requested', 'rejected', 'session_closed', 'unreachable']);
/** The nodes from the requesting one to the one that owns the session. None occurs twice. */
const route = z
  .array(nodeNo)
  .min(2)
  .max(MAX_ROUTE_NODES)
  .refine((nodes) => new Set(nodes).size === nodes.length, 'a route passes no node twice')
  .readonly();

const demand = z.object({
  best: z.boolean(),
  preferred: list(rid, MAX_LAYERS),
  exact: list(rid, MAX_LAYERS),
  /** Missing from nodes of earlier versions. */
  weight: z.int().min(0).max(MAX_WEIGHT).default(1),
});

const sourceCodec = z.object({
  name: text(MAX_NAME),
  clockRateHz: z.int().min(1).max(1_000_000),
  channels: z.int().min(1).max(64),
  fmtp: text(256),
});

/** Whether a codec, as a client has written it, may be sent on a link. */
export function isTellableCodec(codec: z.infer<typeof sourceCodec>): boolean {
  return sourceCodec.safeParse(codec).success;
}

const leg = z.object({
  mid: text(16),
  kind,
  codecs: list(
    sourceCodec.extend({ payloadType, rtxPayloadType: payloadType, nack: z.boolean(), pli: z.boolean(), fir: z.boolean() }),
    MAX_CODECS,
  ),
  extensions: list(z.object({ id: z.int().min(1).max(255), uri: text(MAX_NAME) }), MAX_EXTENSIONS),
  layers: z
    .array(z.object({ rid, ssrc, rtxSsrc: ssrc }))
    .min(1)
    .max(MAX_LAYERS)
    .readonly(),
});

/** A track as its owner describes it to other nodes, sufficient for an offer. */
const track = z.object({
  appId: text(MAX_NAME),
  sessionId: text(MAX_NAME),
  trackId: text(MAX_NAME),
  aliases: list(text(MAX_NAME), MESSAGE_BOUNDS.aliases),
  customTrackName: text(MAX_NAME),
  mid: text(MAX_NAME),
  kind,
  status: z.enum(['pending', 'active', 'inactive']),
  isMuted: z.literal(true).optional(),
  isHidden: z.boolean(),
  publicationId: text(MAX_NAME),
  codecs: list(sourceCodec, MAX_CODECS),
  extensionUris: list(text(MAX_NAME), MAX_EXTENSIONS),
  rids: list(rid, MAX_LAYERS),
});

/** A data channel as its owner describes it to other nodes. */
const dataChannel = z
  .object({
    appId: text(MAX_NAME),
    sessionId: text(MAX_NAME),
    dataChannelName: text(MAX_NAME),
    publicationId: text(MAX_NAME),
    ordered: z.boolean(),
    maxRetransmits: z.int().min(0).max(65_535).optional(),
    maxPacketLifeTimeMs: z.int().min(0).max(65_535).optional(),
    retain: z.int().min(0).max(MAX_RETAIN),
    isBus: z.boolean(),
    status: z.enum(['pending', 'open']),
  })
  .transform(
    // In the record that other code receives, a missing property and undefined differ.
    ({ maxRetransmits, maxPacketLifeTimeMs, ...channel }): DataChannelRecord => ({
      ...channel,
      ...(maxRetransmits !== undefined && { maxRetransmits }),
      ...(maxPacketLifeTimeMs !== undefined && { maxPacketLifeTimeMs }),
    }),
  );
const dataCloseReason = z.enum([
  'requested',
  'session_closed',
  'closed_by_peer',
  'message_too_large',
  'channel_gone',
  'replaced',
  'overflow',
]);

const reference = z.discriminatedUnion('by', [
  z.object({ by: z.literal('id'), sessionId: text(MAX_NAME), trackId: text(MAX_NAME) }),
  z.object({ by: z.literal('name'), sessionId: text(MAX_NAME), customTrackName: text(MAX_NAME) }),
]);

/** One link of a node, as that node sees it: `[other node, round trip ms, loss in thousandths, price of sending in thousandths a GB]`. */
export type ToldLink = readonly [to: number, rttMs: number, lossThousandths: number, priceThousandths: number];
const TOLD_LINK_MAXIMA = [65_535, 60_000, 1000, 1_000_000] as const;

/** A hundred times faster than a schema of tuples; a node that starts among 300 reads 300 times 300 links. */
const toldLinks = z.custom<readonly ToldLink[]>(
  (value) => Array.isArray(value) && value.length <= MAX_TOLD_LINKS && value.every(isToldLink),
);

function isToldLink(value: unknown): value is ToldLink {
  return (
    Array.isArray(value) &&
    value.length === TOLD_LINK_MAXIMA.length &&
    TOLD_LINK_MAXIMA.every((max, place) => Number.isInteger(value[place]) && value[place] >= 0 && value[place] <= max)
  );
}

/** A known link state: `[node, epoch, revision]`. */
const knownState = z.tuple([nodeNo, z.int(), z.int().min(0)]);

/** One copy of a track in the reported tree; `TrackPathHop` in `protocol` without what the root adds. */
const toldHop = z.object({
  from: nodeNo,
  to: nodeNo,
  layers: list(rid, MAX_LAYERS),
  subscribers: z.int().min(0).optional(),
  route: list(nodeNo, MAX_ROUTE_NODES).optional(),
  reason: text(MAX_NAME).optional(),
  /** The best route that was not taken. */
  alternative: z.object({ route: list(nodeNo, MAX_ROUTE_NODES), cost: z.number() }).optional(),
});
export type ToldHop = z.infer<typeof toldHop>;

/** Why a node does not pass a track on. `broken`: it did, but has lost its own route to the track. */
export const REFUSALS = ['unknown-track', 'wrong-app', 'fan-out', 'loop', 'no-path', 'broken'] as const;

const schemas = [
  /** The first message of both sides. */
  z.object({
    type: z.literal('hello'),
    versions: z.object({ min: z.int(), max: z.int() }),
    nodeNo,
    epoch: z.int(),
    softwareVersion: text(MAX_NAME),
  }),
  /** Sent instead of an answer to `hello`: this link will carry nothing. */
  z.object({ type: z.literal('incompatible'), reason: text(MAX_NAME) }),
  /** Sent once a second, so that silence is meaningful. */
  z.object({ type: z.literal('pulse') }),
  /** All links of the origin. `revision` counts the changes in one life of it. */
  z.object({
    type: z.literal('link-state'),
    origin: nodeNo,
    epoch: z.int(),
    revision: z.int().min(0),
    isDraining: z.boolean(),
    links: toldLinks,
  }),
  /** Changes of the origin's links since a revision; a receiver without that revision, or a later one, requests the complete state. */
  z.object({
    type: z.literal('links-changed'),
    origin: nodeNo,
    epoch: z.int(),
    revision: z.int().min(0),
    since: z.int().min(0),
    isDraining: z.boolean(),
    changed: toldLinks,
    gone: list(nodeNo, MAX_TOLD_LINKS),
  }),
  /** Requests every state that is newer; if `isAll`, also those of nodes that are not listed. */
  z.object({ type: z.literal('link-states-known'), known: list(knownState, MAX_NODES), isAll: z.boolean() }),

  /** Sent from downstream to upstream. The leg's packets may arrive as soon as this is sent. */
  z.object({
    type: z.literal('subscribe'),
    wantId,
    publicationId: text(MAX_NAME),
    appId: text(MAX_NAME),
    sessionId: text(MAX_NAME),
    route,
    demand,
    leg,
    /** For intermediate nodes; the owner uses its own record. */
    track: track.optional(),
  }),
  z.object({ type: z.literal('demand'), wantId, demand }),
  z.object({ type: z.literal('unsubscribe'), wantId }),

  /** Sent from upstream to downstream; the route is that of the upstream node's own copy. */
  z.object({ type: z.literal('accepted'), wantId, route: list(nodeNo, MAX_ROUTE_NODES), track }),
  /** `others` are nodes that already receive the track from there and may pass it on. */
  z.object({ type: z.literal('refused'), wantId, reason: z.enum(REFUSALS), others: list(nodeNo, 64) }),
  z.object({ type: z.literal('track'), wantId, track }),
  z.object({ type: z.literal('closed'), wantId, reason: closeReason }),

  /** A subscriber follows a name: asks which track has it, and to be notified each time that another track takes it. */
  z.object({ type: z.literal('follow'), followId: wantId, appId: text(MAX_NAME), sessionId: text(MAX_NAME), name: text(MAX_NAME), route }),
  z.object({ type: z.literal('unfollow'), followId: wantId }),
  z.object({ type: z.literal('name-taken'), followId: wantId, track }),

  /** Like `subscribe`, for a data channel. Its copy arrives on this stream of the association. */
  z.object({
    type: z.literal('subscribe-data'),
    wantId,
    publicationId: text(MAX_NAME),
    appId: text(MAX_NAME),
    sessionId: text(MAX_NAME),
    route,
    streamId: z.int().min(0).max(MAX_STREAM_ID),
    /** Whether the requester has had a copy before, and also wants recent messages. */
    isResumed: z.boolean(),
    channel: dataChannel.optional(),
  }),
  z.object({ type: z.literal('data-accepted'), wantId, route: list(nodeNo, MAX_ROUTE_NODES), channel: dataChannel }),
  z.object({ type: z.literal('data-channel'), wantId, channel: dataChannel }),
  /** Earlier messages may still be in transit. `overflow`: the channel continues, but this link cannot carry all of it. */
  z.object({ type: z.literal('data-closed'), wantId, reason: dataCloseReason }),
  /** Only one subscriber may reply. Sent upstream, this says that it is behind this link; sent downstream, that it is elsewhere. */
  z.object({ type: z.literal('claim-reply'), wantId }),
  z.object({ type: z.literal('reply-claimed'), wantId }),

  /** Like `follow`, for the name of a data channel; `unfollow` ends it. */
  z.object({
    type: z.literal('follow-data'),
    followId: wantId,
    appId: text(MAX_NAME),
    sessionId: text(MAX_NAME),
    name: text(MAX_NAME),
    route,
  }),
  z.object({ type: z.literal('data-name-taken'), followId: wantId, channel: dataChannel }),

  /** Like `locate`, for a data channel. */
  z.object({
    type: z.literal('locate-data'),
    requestId: wantId,
    route,
    at: z.int().min(0).max(MAX_ROUTE_NODES),
    appId: text(MAX_NAME),
    reference: z.object({ sessionId: text(MAX_NAME), dataChannelName: text(MAX_NAME) }),
  }),
  z.object({
    type: z.literal('data-located'),
    requestId: wantId,
    route,
    at: z.int().min(0).max(MAX_ROUTE_NODES),
    hasSession: z.boolean(),
    channel: dataChannel.optional(),
  }),

  /** A question to a node that may be several links away, and its answer, which returns along the same route. */
  z.object({
    type: z.literal('locate'),
    requestId: wantId,
    route,
    at: z.int().min(0).max(MAX_ROUTE_NODES),
    appId: text(MAX_NAME),
    reference,
  }),
  z.object({
    type: z.literal('located'),
    requestId: wantId,
    route,
    at: z.int().min(0).max(MAX_ROUTE_NODES),
    hasSession: z.boolean(),
    track: track.optional(),
  }),

  /** Asks how a track continues from here; sent by the node that sends the track. */
  z.object({ type: z.literal('ask-path'), requestId: wantId, publicationId: text(MAX_NAME), budgetMs: z.int().min(0).max(10_000) }),
  z.object({
    type: z.literal('path-told'),
    requestId: wantId,
    own: toldHop.pick({ subscribers: true, route: true, reason: true, alternative: true }),
    hops: list(toldHop, MESSAGE_BOUNDS.hops),
    unanswered: list(nodeNo, MESSAGE_BOUNDS.hops),
  }),
] as const;

export const CONTROL_MESSAGE_SCHEMA = z.discriminatedUnion('type', schemas);
/** The message types that this node knows. */
export const CONTROL_MESSAGE_TYPES: ReadonlySet<string> = new Set(schemas.map(({ shape }) => shape.type.value));

export type ControlMessage = z.infer<typeof CONTROL_MESSAGE_SCHEMA>;
export type ControlMessageOf<Type extends ControlMessage['type']> = Extract<ControlMessage, { readonly type: Type }>;
export type Refusal = (typeof REFUSALS)[number];
export type LinkStateMessage = ControlMessageOf<'link-state'>;
export type LinksChangedMessage = ControlMessageOf<'links-changed'>;
export type LinkStatesKnownMessage = ControlMessageOf<'link-states-known'>;
