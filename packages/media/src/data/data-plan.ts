/**
 * Publications and subscriptions of data as plain data, beside those of tracks in `plan.ts`. Ids are chosen by
 * the caller and are unique within one engine; like those of tracks they begin with the session's id and a slash.
 */

/**
 * How messages of a publication are delivered (RFC 8832 §5.1). At most one of the limits is given; with neither
 * every message arrives.
 */
export interface DataReliability {
  readonly ordered: boolean;
  readonly maxRetransmits: number | undefined;
  readonly maxPacketLifeTimeMs: number | undefined;
}

/** Whether every message arrives, however long that takes. */
export function isReliable({ maxRetransmits, maxPacketLifeTimeMs }: DataReliability): boolean {
  return maxRetransmits === undefined && maxPacketLifeTimeMs === undefined;
}

/** A stream of the association that carries one channel (RFC 8831 §6.4). */
export interface DataStreamPlan {
  /** Below 1,024; unique among the channels of the transport. */
  readonly streamId: number;
  /** Both sides make the channel by agreement; no DCEP message is sent. */
  readonly isNegotiated: boolean;
}

/** What a publication of data should be. */
export interface DataPublicationPlan {
  readonly publicationId: string;
  /** The peer that publishes; undefined if this process does, by `publish-data`. */
  readonly transportId: string | undefined;
  /**
   * The channel that the messages come on, undefined if this process publishes. Unless it is negotiated, the
   * peer has opened it: what has arrived on it since `data-channel-opened` has been kept for this publication.
   */
  readonly stream: DataStreamPlan | undefined;
  readonly reliability: DataReliability;
  /** How many of the last messages a new subscriber gets first; 0 for none. */
  readonly retain: number;
  /** Whether a message of any participant, the publisher included, goes to all the others. */
  readonly isBus: boolean;
  /** Who is charged for replies that the publisher gets. Default: the account of its transport. */
  readonly account?: string;
  /** What the channel is called in `EngineAnswers.usage`. Default: `copyOf`, or `publicationId`. */
  readonly chargedAs?: string;
  /**
   * On a link: names the publication that this is a copy of. Its messages come with their numbers (`feedsCopy` at the other end), and
   * subscribers that are moved to another copy of the same go on where they were. Default: it is no copy.
   */
  readonly copyOf?: string;
}

/** Whether messages of a subscriber go to the publisher. `one`: of the subscriptions with it, only the one put last may. */
export type DataReplyRight = 'none' | 'one' | 'many';

/** What a subscription to data should be. */
export interface DataSubscriptionPlan {
  readonly subscriptionId: string;
  /** The peer that subscribes; undefined if this process does, which gets `data-received`. */
  readonly transportId: string | undefined;
  /** Undefined, or of an unknown publication: nothing comes, and no channel is opened before a publication is there. */
  readonly publicationId: string | undefined;
  /** The channel to open, undefined if this process subscribes. With DCEP it is opened by us, under `label` and `protocol`. */
  readonly stream: DataStreamPlan | undefined;
  readonly label: string;
  readonly protocol: string;
  readonly canReply: DataReplyRight;
  /** Nothing is sent on a negotiated channel before the peer has sent its first message, which is not forwarded. */
  readonly waitsForAck: boolean;
  /** While paused, the subscriber gets no messages, and does not get them later. */
  readonly isPaused: boolean;
  /** The channel stays open when the publication ends, for the one that is put in its place. */
  readonly isSticky: boolean;
  /** `data-buffered-low` is wanted whenever what waits falls to this. Default: never. */
  readonly bufferedLowBytes?: number;
  /** On a link to another node: whose publication it is. Default: the account of the transport. */
  readonly account?: string;
  /** What the channel is called in `EngineAnswers.usage`. Default: `publicationId`. */
  readonly chargedAs?: string;
  /**
   * On a link: what is sent is for a copy of the publication, and carries numbers. `new`: it begins as for any subscriber. `resumed`: the other
   * end has had a copy before, and gets what was sent lately as well. Default: it feeds no copy.
   */
  readonly feedsCopy?: 'new' | 'resumed';
}

/**
 * What the peer's SDP says about its data channels (RFC 8841). Until it has come, channels that we are to open wait:
 * a peer without an `m=application` section would never answer.
 */
export interface DataPeerPlan {
  readonly transportId: string;
  /** `a=max-message-size`, 65,536 if absent; Infinity for 0, which means any size. */
  readonly maxMessageBytes: number;
}

/**
 * `closed_by_peer`: the peer closed the channel. `message_too_large`: it sent more than 256 KiB at once.
 * `channel_gone`: there is no such channel to publish from.
 */
export type DataPublicationCloseReason = 'closed_by_peer' | 'message_too_large' | 'channel_gone';

/**
 * `publication_closed`: its publication ended and it is not sticky. `overflow`: the peer does not take reliable
 * messages as fast as they come. `channel_refused`: the stream id is in use, or the peer has no such stream. `messages_lost`: it was moved to another
 * copy of its publication, and reliable messages between the two cannot be had any more.
 */
export type DataSubscriptionCloseReason =
  | 'closed_by_peer'
  | 'message_too_large'
  | 'publication_closed'
  | 'overflow'
  | 'channel_refused'
  | 'messages_lost';

/** What has gone through one publication, counting up. */
export interface DataPublicationStatistics {
  readonly publicationId: string;
  readonly messagesReceived: number;
  /** Payload. */
  readonly bytesReceived: number;
  readonly subscriptions: number;
  readonly retainedMessages: number;
  /** Messages of subscribers that may not reply. */
  readonly repliesRefused: number;
}

/** What has gone to one subscriber, counting up, and what waits for it. */
export interface DataSubscriptionStatistics {
  readonly subscriptionId: string;
  readonly messagesSent: number;
  /** Payload. */
  readonly bytesSent: number;
  /** Unreliable messages that grew too old, or had to make room for later ones, before they were sent. */
  readonly messagesDropped: number;
  /** Messages that are longer than the peer takes. */
  readonly messagesTooLarge: number;
  /** Bytes of messages that have not arrived yet. */
  readonly bufferedBytes: number;
}

/** What publications of data and subscriptions to them have carried. */
export interface DataStatistics {
  readonly publications: readonly DataPublicationStatistics[];
  readonly subscriptions: readonly DataSubscriptionStatistics[];
}
