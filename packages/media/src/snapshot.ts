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
    state: transport.state,
    ...transport.liveness.times(nowMs),
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
    quality: subscriber.quality,
    leastBps: subscriber.layerOptions(nowMs)?.at(0)?.costBps,
    awaitsKeyframe: subscriber.awaitsKeyframe,
    source: source && {
      ...snapshotPublisher(nowMs, source),
      isLinked: source.transport.isLink,
      hasCommonCodec: haveCommonCodec(source.plan.codecs, plan.codecs),
    },
  };
}
