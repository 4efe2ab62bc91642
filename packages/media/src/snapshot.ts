/** Copies of what an engine holds and measures, made when somebody asks. */
import type { PublisherTrack } from './publisher/publisher-track.ts';
import type { LinkStatistics, PathEstimates, PublisherTrackSnapshot, SubscriberTrackSnapshot, TransportSnapshot } from './statistics.ts';
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
