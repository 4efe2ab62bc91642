/** How fast an association may send at present. */
export interface RateLimit {
  /** Infinity for no limit. */
  readonly maxBps: number;
}

/** Limits for the memory and bandwidth of an association, which depend on the kind of peer. */
export interface AssociationLimits {
  /** Number of streams in each direction, and so the range of channel ids. */
  readonly maxStreams: number;
  /** Limit for the bytes of messages that have not arrived yet. */
  readonly maxBufferedBytes: number;
  /** The part of `maxBufferedBytes` reserved for messages without a sender: DCEP, and messages between nodes. */
  readonly reservedBytes: number;
  /** Limit for the bytes of chunks in flight, whatever the congestion window is. */
  readonly maxFlightBytes: number;
  /** How long packets of this association may wait in a queue on the path; Infinity for no limit. */
  readonly maxQueueMs: number;
  /** What the path has room for beside media; it changes over time. Default: no limit. */
  readonly rate?: RateLimit;
  /** Longer messages of the peer are refused. */
  readonly maxMessageBytes: number;
}

/** The value announced in SDP (`a=max-message-size`), and the longest message that an application may send. */
export const MAX_MESSAGE_BYTES = 262_144;
/** Messages between nodes and shards also carry numbers. */
const MAX_LINK_MESSAGE_BYTES = MAX_MESSAGE_BYTES + 64;

/** Clients use as many streams as browsers do. */
export const CLIENT_LIMITS: AssociationLimits = {
  maxStreams: 1_024,
  maxBufferedBytes: 5 << 20,
  reservedBytes: 256 << 10,
  maxFlightBytes: Number.POSITIVE_INFINITY,
  maxQueueMs: Number.POSITIVE_INFINITY,
  maxMessageBytes: MAX_MESSAGE_BYTES,
};

/** A link carries the publications of many clients, possibly over distances where megabytes are in flight. */
export const LINK_LIMITS: AssociationLimits = {
  maxStreams: 65_535,
  maxBufferedBytes: 32 << 20,
  reservedBytes: 6 << 20,
  maxFlightBytes: Number.POSITIVE_INFINITY,
  // Messages between nodes and media wait in the same queue.
  maxQueueMs: 40,
  maxMessageBytes: MAX_LINK_MESSAGE_BYTES,
};

/** The ring between two threads holds 1 MiB, most of which is for media. If data filled it, video would be lost. */
export const IN_PROCESS_LIMITS: AssociationLimits = {
  ...LINK_LIMITS,
  maxFlightBytes: 256 << 10,
  maxQueueMs: Number.POSITIVE_INFINITY,
};
