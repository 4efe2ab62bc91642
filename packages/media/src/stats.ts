/** What an engine can tell about itself: plain data, a copy, made only when somebody asks. */
import type { ConnectionState } from './plan.ts';
import type { PublisherTrack } from './publisher/publisher-track.ts';
import type { SubscriberTrack } from './subscriber/subscriber-track.ts';
import type { PathEstimate } from './transport/peer-sender.ts';
import type { PeerTransport } from './transport/peer-transport.ts';

export interface LayerSnapshot {
  readonly ssrc: number;
  readonly rid: string;
  readonly bitrateBps: number;
  readonly isArriving: boolean;
  readonly packetsReceived: number;
  readonly packetsRepaired: number;
}

export interface PublisherTrackSnapshot {
  readonly trackId: string;
  readonly layers: readonly LayerSnapshot[];
  readonly subscribers: number;
}

export interface SubscriberTrackSnapshot {
  readonly subscriptionId: string;
  readonly rid: string | undefined;
  readonly packetsSent: number;
  readonly payloadBytesSent: number;
  readonly packetsResent: number;
  /** The receiver's own count, from its last report. */
  readonly packetsLost: number | undefined;
}

export interface TransportSnapshot {
  readonly transportId: string;
  readonly state: ConnectionState;
  readonly rttMs: number;
  /** Undefined as long as the peer sends no transport-wide feedback. */
  readonly estimate: PathEstimate | undefined;
  readonly publisherTracks: readonly PublisherTrackSnapshot[];
  readonly subscriberTracks: readonly SubscriberTrackSnapshot[];
}

/** How good a link between nodes is just now. */
export interface LinkStatistics {
  readonly transportId: string;
  /** Round trip of its connectivity checks, smoothed. */
  readonly rttMs: number;
  /** Share of what was sent over it that did not arrive at the first try, 0 to 1, over the last seconds. */
  readonly lossRatio: number;
}

export interface EngineSnapshot {
  readonly transports: readonly TransportSnapshot[];
  /** Counts of live objects: they return to zero when everybody has left. */
  readonly publisherTracks: number;
  readonly subscriberTracks: number;
  readonly timers: number;
  /** Packets thrown away, by the name of the reason. */
  readonly drops: Readonly<Record<string, number>>;
}

/** What the paths of all peers together are estimated to carry, of those that send transport-wide feedback. */
export interface PathEstimates {
  /** How many peers send it. */
  readonly peers: number;
  /** Of them, those on whose path a queue was growing at their last report. */
  readonly congestedPeers: number;
  readonly targetBps: number;
  readonly acknowledgedBps: number;
}

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

export function snapshotTransports(nowMs: number, transports: Iterable<PeerTransport>): TransportSnapshot[] {
  return Array.from(transports, (transport) => ({
    transportId: transport.id,
    state: transport.state,
    rttMs: transport.rttMs,
    estimate: transport.sender.estimate,
    publisherTracks: Array.from(transport.receive.tracks, (track) => snapshotPublisher(nowMs, track)),
    subscriberTracks: Array.from(transport.subscriptions.values(), snapshotSubscriber),
  }));
}

function snapshotPublisher(nowMs: number, track: PublisherTrack): PublisherTrackSnapshot {
  const layers = track.streams.map((stream) => ({
    ssrc: stream.ssrc,
    rid: stream.rid,
    bitrateBps: stream.statistics.bitrateBps(nowMs),
    isArriving: stream.isArriving(nowMs),
    packetsReceived: stream.statistics.packetsReceived,
    packetsRepaired: stream.packetsRepaired,
  }));
  return { trackId: track.plan.trackId, layers, subscribers: track.router.subscriberCount };
}

function snapshotSubscriber(subscriber: SubscriberTrack): SubscriberTrackSnapshot {
  return {
    subscriptionId: subscriber.plan.subscriptionId,
    rid: subscriber.layer?.rid,
    packetsSent: subscriber.packetsSent,
    payloadBytesSent: subscriber.payloadBytesSent,
    packetsResent: subscriber.packetsResent,
    packetsLost: subscriber.lastReport?.cumulativeLost,
  };
}
