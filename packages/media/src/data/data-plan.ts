/**
 * The plans of data publications and subscriptions, as plain data; those of tracks are in `plan.ts`. Ids are chosen by the caller and are
 * unique within one engine. Like those of tracks, they start with the session's id and a slash.
 */

/** How messages of a publication are delivered (RFC 8832 §5.1). At most one of the limits is set; with neither, every message arrives. */
export interface DataReliability {
  readonly ordered: boolean;
  readonly maxRetransmits: number | undefined;
  readonly maxPacketLifeTimeMs: number | undefined;
}

/** Whether every message arrives, however long it takes. */
export function isReliable({ maxRetransmits, maxPacketLifeTimeMs }: DataReliability): boolean {
  return maxRetransmits === undefined && maxPacketLifeTimeMs === undefined;
}

/** A stream of the association that carries one channel (RFC 8831 §6.4). */
export interface DataStreamPlan {
  /** Below 1,024, and unique among the channels of the transport. */
  readonly streamId: number;
  /** Whether both sides create the channel by agreement, without DCEP messages. */
  readonly isNegotiated: boolean;
}

/** The desired state of a data publication. */
export interface DataPublicationPlan {
  readonly publicationId: string;
  /** The peer that publishes; undefined if this process publishes, with `publish-data`. */
  readonly transportId: string | undefined;
  /**
   * The channel that the messages arrive on; undefined if this process publishes. Unless the channel is negotiated, the peer has opened it,
   * and messages that arrived since `data-channel-opened` have been kept for this publication.
   */
  readonly stream: DataStreamPlan | undefined;
  readonly reliability: DataReliability;
  /** How many of the latest messages a new subscriber receives first; 0 for none. */
  readonly retain: number;
  /** Whether a message of any participant, including the publisher, is sent to all the others. */
  readonly isBus: boolean;
  /** The account charged for replies to the publisher. Default: the account of its transport. */
  readonly account?: string;
  /** Name of the channel in `EngineAnswers.usage`. Default: `copyOf`, or `publicationId`. */
  readonly chargedAs?: string;
  /**
   * On a link, the publication that this is a copy of. Its messages arrive with their numbers (the other end has `feedsCopy`), and
   * subscribers that are moved to another copy continue where they were. Default: not a copy.
   */
  readonly copyOf?: string;
}

/**
 * Whether messages of a subscriber are sent to the publisher. `one`: of the subscriptions with this right, only the one that was put last
 * may reply.
 */
export type DataReplyRight = 'none' | 'one' | 'many';

/** The desired state of a data subscription. */
export interface DataSubscriptionPlan {
  readonly subscriptionId: string;
  /** The peer that subscribes; undefined if this process subscribes, which receives `data-received`. */
  readonly transportId: string | undefined;
  /**
   * While this is undefined or names an unknown publication, nothing is received, and no channel is opened until the publication exists.
   */
  readonly publicationId: string | undefined;
  /**
   * The channel to open; undefined if this process subscribes. If it is not negotiated, the SFU opens it with DCEP under `label` and
   * `protocol`.
   */
  readonly stream: DataStreamPlan | undefined;
  readonly label: string;
  readonly protocol: string;
  readonly canReply: DataReplyRight;
  /** Whether to send nothing on a negotiated channel until the peer has sent its first message. That message is not forwarded. */
  readonly waitsForAck: boolean;
  /** While paused, the subscriber misses all messages. */
  readonly isPaused: boolean;
  /** Whether messages of the subscriber are refused, on a bus as well. Default: `canReply` decides, and on a bus everyone may send. */
  readonly isMuted?: boolean;
  /** Whether the channel stays open when the publication ends, to be used for the one that replaces it. */
  readonly isSticky: boolean;
  /** `data-buffered-low` is emitted whenever the buffered bytes fall to this value. Default: never. */
  readonly bufferedLowBytes?: number;
  /** The account that is charged; on a link to another node, that of the publication's owner. Default: the account of the transport. */
  readonly account?: string;
  /** Name of the channel in `EngineAnswers.usage`. Default: `publicationId`. */
  readonly chargedAs?: string;
  /**
   * On a link, marks messages that feed a copy of the publication and carry numbers. `new`: the copy starts like any other subscriber.
   * `resumed`: the other end has had a copy before, so the most recent messages are sent again. Default: the subscription feeds no copy.
   */
  readonly feedsCopy?: 'new' | 'resumed';
}

/**
 * What the peer's SDP says about its data channels (RFC 8841). Channels that the SFU opens wait for it, because a peer without an
 * `m=application` section would never answer.
 */
export interface DataPeerPlan {
  readonly transportId: string;
  /** `a=max-message-size`; 65,536 if it is absent, Infinity for 0, which means any size. */
  readonly maxMessageBytes: number;
}

/**
 * `closed_by_peer`: the peer closed the channel. `message_too_large`: it sent a message of more than 256 KiB. `channel_gone`: the channel
 * to publish from does not exist.
 */
export type DataPublicationCloseReason = 'closed_by_peer' | 'message_too_large' | 'channel_gone';

/**
 * `publication_closed`: the publication ended and the subscription is not sticky. `overflow`: the peer does not receive reliable messages
 * as fast as they arrive. `channel_refused`: the stream id is in use, or the peer has no such stream. `messages_lost`: the subscription was
 * moved to another copy of its publication, and reliable messages in between are no longer available.
 */
export type DataSubscriptionCloseReason =
  | 'closed_by_peer'
  | 'message_too_large'
  | 'publication_closed'
  | 'overflow'
  | 'channel_refused'
  | 'messages_lost';

/** Statistics of one publication. Counters only increase. */
export interface DataPublicationStatistics {
  readonly publicationId: string;
  readonly messagesReceived: number;
  /** Payload only. */
  readonly bytesReceived: number;
  readonly subscriptions: number;
  readonly retainedMessages: number;
  /** Messages of subscribers that are not allowed to reply. */
  readonly repliesRefused: number;
}

/** Statistics of one subscription. Counters only increase. */
export interface DataSubscriptionStatistics {
  readonly subscriptionId: string;
  readonly messagesSent: number;
  /** Payload only. */
  readonly bytesSent: number;
  /** Unreliable messages that were dropped before they were sent, because they became too old or had to make room for later ones. */
  readonly messagesDropped: number;
  /** Messages that are longer than the peer accepts. */
  readonly messagesTooLarge: number;
  /** Bytes of messages that have not arrived yet. */
  readonly bufferedBytes: number;
}

/** Statistics of all data publications and subscriptions. */
export interface DataStatistics {
  readonly publications: readonly DataPublicationStatistics[];
  readonly subscriptions: readonly DataSubscriptionStatistics[];
}
