/** Counts what the data channels of all peers of one engine discarded, by cause. Counters only increase. */
export interface DataCounters {
  /** SCTP packets with a wrong checksum, or with malformed chunks. */
  malformedPackets: number;
  /** SCTP packets that belong to another association. */
  foreignPackets: number;
  /** Chunks that exceed what is buffered for one peer. */
  overflow: number;
  /** Channels that could not be opened: too many, malformed, or with a stream id that is in use. */
  refusedChannels: number;
  /** Messages without a channel, or with an unknown payload protocol. */
  strayMessages: number;
  /** Messages that are longer than agreed. */
  oversizedMessages: number;
  /** Messages on channels that were not claimed by a publication in time. */
  unclaimedMessages: number;
  /** Replies of subscribers that are not allowed to reply. */
  refusedReplies: number;
  /**
   * Messages between copies of a publication without a number, or with a repeated one. They indicate a defect in another thread or node.
   */
  misnumberedMessages: number;
  /** Unreliable messages dropped because there was no room or they became too old, counted once for each subscriber. */
  droppedMessages: number;
  /** Subscriptions that ended because the peer did not receive reliable messages as fast as they arrived. */
  overflowedSubscriptions: number;
}

/** Creates counters, all zero. */
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
