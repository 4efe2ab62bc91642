/** What the data side threw away, by cause. One object per suite, counting up. */
export interface SctpCounters {
  /** SCTP packets that did not pass the fence, or that werift could not handle all the same. */
  malformedPackets: number;
  /** Packets over what is held for one peer. */
  overflow: number;
  /** Channels that could not be opened: too many, malformed, or an id in use. */
  refusedChannels: number;
  /** Messages on no channel, or of a kind that no channel carries. */
  strayMessages: number;
}

export function createSctpCounters(): SctpCounters {
  return { malformedPackets: 0, overflow: 0, refusedChannels: 0, strayMessages: 0 };
}
