/** What the data side threw away, by cause; of all peers of one engine, counting up. */
export interface DataCounters {
  /** SCTP packets with a wrong checksum, or with chunks that say impossible things. */
  malformedPackets: number;
  /** SCTP packets of another association than the one that there is. */
  foreignPackets: number;
  /** Chunks over what is held for one peer. */
  overflow: number;
  /** Channels that could not be opened: too many, malformed, or an id in use. */
  refusedChannels: number;
  /** Messages on no channel, or of a kind that no channel carries. */
  strayMessages: number;
  /** Messages that are longer than was agreed. */
  oversizedMessages: number;
  /** Messages on channels that were published under no name in time. */
  unclaimedMessages: number;
  /** Replies of subscribers that may not reply. */
  refusedReplies: number;
  /** Messages between copies of a publication without a number, or with one that has come before: another thread or node has gone wrong. */
  misnumberedMessages: number;
  /** Unreliable messages for which there was no room, or which became too old before they could be sent, once for each subscriber. */
  droppedMessages: number;
  /** Subscriptions that ended because the peer did not take reliable messages as fast as they came. */
  overflowedSubscriptions: number;
}

/** Creates counters that all stand at 0. */
export function createDataCounters(): DataCounters {
  return {
    malformedPackets: 0,
    foreignPackets: 0,
    overflow: 0,
    refusedChannels: 0,
    strayMessages: 0,
    oversizedMessages: 0,
    unclaimedMessages: 0,
    refusedReplies: 0,
    misnumberedMessages: 0,
    droppedMessages: 0,
    overflowedSubscriptions: 0,
  };
}
