/** What an engine holds, as numbers: for operators, and for finding leaks. Counted only on request. */
import type { PublisherTrack } from './publisher/publisher-track.ts';
import type { PeerTransport } from './transport/peer-transport.ts';

/** Live objects of one engine. When all transports are closed, every count is zero. */
export interface EngineCensus {
  readonly transports: number;
  /** Local user fragments that lead to a transport: two while ICE restarts. */
  readonly userFragments: number;
  /** Remote addresses that belong to a transport. */
  readonly paths: number;
  readonly publisherTracks: number;
  /** Encodings that have arrived: one for each simulcast layer. */
  readonly receiveStreams: number;
  readonly subscriberTracks: number;
  readonly timers: number;
  /** Packets kept for retransmission, and the bytes of them. */
  readonly historyPackets: number;
  readonly historyBytes: number;
  /** Pieces of memory of 64 KiB in which they lie. */
  readonly historySlabs: number;
  /** Packets and datagrams that wait for the end of the turn. */
  readonly outboxEntries: number;
  /** Peers that have agreed to SCTP, and the data channels of all of them. */
  readonly associations: number;
  readonly dataChannels: number;
  readonly dataPublications: number;
  readonly dataSubscriptions: number;
  /** Connectivity checks over links that wait for their answers. */
  readonly linkChecks: number;
}

interface HistorySize {
  readonly packets: number;
  readonly bytes: number;
}

/** What only a look at every transport and publication can tell. */
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
