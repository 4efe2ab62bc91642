/** Counts of what an engine holds, for operators and for finding leaks. Counted only on request. */
import type { PublisherTrack } from './publisher/publisher-track.ts';
import type { PeerTransport } from './transport/peer-transport.ts';

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
