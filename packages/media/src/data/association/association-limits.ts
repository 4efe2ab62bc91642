/** What an association may take of memory and of the path, by who is at the other end. */
export interface AssociationLimits {
  /** Streams each way, and so the ids that channels can have. */
  readonly maxStreams: number;
  /** Limits the bytes of messages that have not arrived yet. */
  readonly maxBufferedBytes: number;
  /** So much of that is left to messages without a sender, which are ours: DCEP, and what nodes say to each other. */
  readonly reservedBytes: number;
  /** Limits the bytes of chunks in flight, however much the path seems to carry. */
  readonly maxFlightBytes: number;
  /** How long packets may wait in front of a narrow line because of what is sent here; Infinity for as long as they do. */
  readonly maxQueueMs: number;
  /** A longer message of the peer's is refused. */
  readonly maxMessageBytes: number;
}

/** What SDP says (`a=max-message-size`), and the longest message that an application may send. */
export const MAX_MESSAGE_BYTES = 262_144;
/** Between nodes and shards messages carry numbers besides. */
const MAX_LINK_MESSAGE_BYTES = MAX_MESSAGE_BYTES + 64;

/** As many streams as browsers use. */
export const CLIENT_LIMITS: AssociationLimits = {
  maxStreams: 1_024,
  maxBufferedBytes: 5 << 20,
  reservedBytes: 256 << 10,
  maxFlightBytes: Number.POSITIVE_INFINITY,
  maxQueueMs: Number.POSITIVE_INFINITY,
  maxMessageBytes: MAX_MESSAGE_BYTES,
};

/** Publications of many clients cross a link, over distances where megabytes are on their way. */
export const LINK_LIMITS: AssociationLimits = {
  maxStreams: 65_535,
  maxBufferedBytes: 32 << 20,
  reservedBytes: 6 << 20,
  maxFlightBytes: Number.POSITIVE_INFINITY,
  // What nodes say to each other, and media, wait in the same queue.
  maxQueueMs: 40,
  maxMessageBytes: MAX_LINK_MESSAGE_BYTES,
};

/** The ring between two threads holds 1 MiB, most of which is for media: data that filled it would cost pictures. */
export const IN_PROCESS_LIMITS: AssociationLimits = {
  ...LINK_LIMITS,
  maxFlightBytes: 256 << 10,
  maxQueueMs: Number.POSITIVE_INFINITY,
};
