/** Copies the state and measurements of an engine on request. */
import type { PublisherTrack } from './publisher/publisher-track.ts';
import type { LinkStatistics, PathEstimates, PublisherTrackSnapshot, SubscriberTrackSnapshot, TransportSnapshot } from './statistics.ts';
import { haveCommonCodec } from './subscriber/codec-match.ts';
import type { SubscriberTrack } from './subscriber/subscriber-track.ts';
import type { PeerTransport } from './transport/peer-transport.ts';

export function sumEstimates(transports: Iterable<PeerTransport>): PathEstimates {
  const sum = { peers: 0, congestedPeers: 0, targetBps: 0, acknowledgedBps: 0 };
  for (const { sender } of transports) {
    const { estimate } = sender;
    if (estimate === undefined) continue;
    sum.peers++;
    if (estimate.isOverusing) sum.congestedPeers++;
    sum.targetBps += estimate.targetBps;
    sum.acknowledgedBps += estimate.acknowledgedBps;
  }
  return sum;
}

export function measureLinks(transports: Iterable<PeerTransport>): LinkStatistics[] {
  const links: LinkStatistics[] = [];
  for (const { id, link } of transports) {
    if (link?.quality.rttMs === undefined) continue;
    links.push({ transportId: id, rttMs: link.quality.rttMs, lossRatio: link.quality.lossRatio });
  }
  return links;
}

export function snapshotTransport(nowMs: number, transport: PeerTransport): TransportSnapshot {
  const { selectedPath, pathCount } = transport.ice;
  return {
    transportId: transport.id,
    state: transport.connection.state,
    ...transport.connection.liveness.times(nowMs),
    path: pathCount === 0 ? 'none' : selectedPath?.isProven === true ? 'proven' : 'unproven',
    isSecure: transport.isSecure,
    rttMs: transport.rttMs,
    estimate: transport.sender.estimate,
    publisherTracks: Array.from(transport.receive.tracks, (track) => snapshotPublisher(nowMs, track)),
    subscriberTracks: Array.from(transport.subscriptions.values(), (subscriber) => snapshotSubscriber(nowMs, subscriber)),
  };
}

function snapshotPublisher(nowMs: number, track: PublisherTrack): PublisherTrackSnapshot {
  const layers = track.streams.map((stream) => ({
    ssrc: stream.ssrc,
    rid: stream.rid,
    bitrateBps: stream.statistics.bitrateBps(nowMs),
    isArriving: stream.isArriving(nowMs),
    packetsReceived: stream.statistics.packetsReceived,
    packetsRepaired: stream.packetsRepaired,
    keyframeAwaitedMs: stream.keyframes.awaitedMs(nowMs),
  }));
  const heardMs = track.streams.reduce((latestMs, { lastPacketMs }) => Math.max(latestMs, lastPacketMs), Number.NEGATIVE_INFINITY);
  const silentMs = heardMs === Number.NEGATIVE_INFINITY ? undefined : nowMs - heardMs;
  return { trackId: track.plan.trackId, layers, subscribers: track.router.subscriberCount, silentMs };
}

function snapshotSubscriber(nowMs: number, subscriber: SubscriberTrack): SubscriberTrackSnapshot {
  const { plan, source } = subscriber;
  return {
    subscriptionId: plan.subscriptionId,
    rid: subscriber.layer?.rid,
    packetsSent: subscriber.packetsSent,
    payloadBytesSent: subscriber.payloadBytesSent,
    packetsResent: subscriber.packetsResent,
    packetsLost: subscriber.lastReport?.cumulativeLost,
    isPaused: plan.paused,
    quality: subscriber.grants.quality,
    leastBps: subscriber.grants.layerOptions(nowMs)?.at(0)?.costBps,
    awaitsKeyframe: subscriber.awaitsKeyframe,
    source: source && {
      ...snapshotPublisher(nowMs, source),
      isLinked: source.transport.isLink,
      hasCommonCodec: haveCommonCodec(source.plan.codecs, plan.codecs),
    },
  };
}

/** Live objects of one engine. When all transports are closed, every count is zero. */
export interface EngineCensus {
  readonly transports: number;
  /** Local user fragments of transports: two while ICE restarts. */
  readonly userFragments: number;
  /** Remote addresses that belong to a transport. */
  readonly paths: number;
  readonly publisherTracks: number;
  /** Encodings that have arrived, one for each simulcast layer. */
  readonly receiveStreams: number;
  readonly subscriberTracks: number;
  readonly timers: number;
  /** Packets kept for retransmission, and their bytes. */
  readonly historyPackets: number;
  readonly historyBytes: number;
  /** Slabs of 64 KiB that hold these packets. */
  readonly historySlabs: number;
  /** Packets and datagrams that wait for the end of the turn. */
  readonly outboxEntries: number;
  /** Peers with an SCTP association, and the data channels of all peers. */
  readonly associations: number;
  readonly dataChannels: number;
  readonly dataPublications: number;
  readonly dataSubscriptions: number;
  /** Connectivity checks over links that are not answered yet. */
  readonly linkChecks: number;
}

interface HistorySize {
  readonly packets: number;
  readonly bytes: number;
}

/** Counts that require a visit to every transport and publication. */
export function countWithin(
  transports: readonly PeerTransport[],
  tracks: Iterable<PublisherTrack>,
): Pick<EngineCensus, 'paths' | 'receiveStreams' | 'historyPackets' | 'historyBytes' | 'associations' | 'dataChannels'> {
  const streams = [...tracks].flatMap((track) => track.streams);
  const histories = streams.map(({ history }) => history.measure());
  return {
    paths: sumOf(transports, ({ ice }) => ice.pathCount),
    associations: sumOf(transports, ({ channels }) => (channels.hasAssociation ? 1 : 0)),
    dataChannels: sumOf(transports, ({ channels }) => channels.channelCount),
    receiveStreams: streams.length,
    historyPackets: sumOf(histories, ({ packets }: HistorySize) => packets),
    historyBytes: sumOf(histories, ({ bytes }: HistorySize) => bytes),
  };
}

function sumOf<Item>(items: Iterable<Item>, count: (item: Item) => number): number {
  let sum = 0;
  for (const item of items) sum += count(item);
  return sum;
}
