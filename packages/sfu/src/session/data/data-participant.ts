/**
 * Data channels of the process that the SFU runs in: bots, agents and game loops talk to pages
 * without a peer connection.
 */
import type { CanReply, Retain, SessionId } from '@causeway/protocol';
import type { DataChannelCloseReason, DataSubscriptionEndReason } from '../../events.ts';

/**
 * A text, or bytes: which of the two stays as it was sent. Bytes that are sent or received must not
 * be changed.
 */
export type DataMessage = string | Uint8Array;

/** How a process publishes a data channel. */
export interface HostedPublicationOptions {
  /** Default true. */
  readonly ordered?: boolean;
  /** Not together with `maxPacketLifeTime`; with neither every message arrives. */
  readonly maxRetransmits?: number;
  /** Milliseconds. */
  readonly maxPacketLifeTime?: number;
  /** What a subscriber that comes later is given first. Default `none`. */
  readonly retain?: Retain;
  /** Whether what a subscriber sends goes to all the others, too. Default false. */
  readonly bus?: boolean;
  /** Takes messages from subscribers that may reply, or from all subscribers on a bus. */
  readonly onReply?: (message: DataMessage) => void;
}

/** A data channel that this process publishes. */
export interface HostedPublication {
  readonly name: string;
  /**
   * Sends a message to all subscribers. It never waits: a subscriber who takes reliable
   * messages too slowly loses its subscription once 1 MiB waits for it, so look at `bufferedBytes`
   * before sending much.
   *
   * @throws payload_too_large – the message is longer than 256 KiB
   * @throws data_channel_not_found – the publication has ended
   */
  send(message: DataMessage): void;
  /**
   * The most that waits for any one subscriber on this node, or for another node: a sender that stops above 256 KiB
   * outruns none of them.
   */
  bufferedBytes(): Promise<number>;
  /**
   * Ends the publication. Subscribers keep their channel, for the next publication of that name.
   */
  close(): void;
}

/** `overflow`: what was sent to the publisher was more than it reads. */
export type HostedSubscriptionEnd = DataSubscriptionEndReason | 'overflow';

/** How a process subscribes to a data channel. */
export interface HostedSubscriptionOptions {
  readonly remoteSessionId: string;
  readonly dataChannelName: string;
  readonly canReply?: CanReply;
  readonly onMessage: (message: DataMessage) => void;
  /** The subscription is over, but not because it was closed here. */
  readonly onClosed?: (reason: HostedSubscriptionEnd) => void;
}

/** A data channel of another session that this process subscribes to. */
export interface HostedSubscription {
  /**
   * Sends to the publisher; on a bus to all the others, too. Without the right to reply, the message is dropped and
   * counted.
   *
   * @throws payload_too_large – the message is longer than 256 KiB
   * @throws data_channel_not_found – the subscription has ended
   */
  send(message: DataMessage): void;
  close(): void;
}

/** What may be set for a process that takes part. */
export interface ParticipantOptions {
  /** Text by which clients find the session in `GET /sessions`. */
  readonly metadata?: string;
  /**
   * The participant has ended, and all its channels with it: by `deleteSession`, or with the SFU.
   */
  readonly onClosed?: () => void;
}

/**
 * One session of this process. Pages subscribe to what it publishes by its session id, and it
 * subscribes to what they publish by theirs. A callback of it that throws is a defect of the
 * caller's: the participant ends, with the event `session.defect`.
 *
 * @example
 * const bot = await sfu.data(appId, { metadata: 'bot' });
 * const score = bot.publish('score', { retain: 'last' });
 * score.send(JSON.stringify({ home: 1, away: 0 }));
 * const chat = await bot.subscribe({
 *   remoteSessionId,
 *   dataChannelName: 'chat',
 *   canReply: true,
 *   onMessage: (text) => chat.send(`you said: ${text}`),
 * });
 */
export interface DataParticipant {
  /** What pages name as `remoteSessionId`. */
  readonly sessionId: SessionId;
  /**
   * @throws invalid_params – the name or an option is not possible
   * @throws data_channel_conflict – there is a publication of that name
   * @throws session_closed – the participant has ended
   */
  publish(name: string, options?: HostedPublicationOptions): HostedPublication;
  /**
   * Resolves once the channel is found; messages come after that.
   *
   * @throws session_not_found, data_channel_not_found – there is no such channel; wait for the
   * event `datachannel.published`
   * @throws data_channel_conflict – it is subscribed to already
   * @throws relay_unavailable – it is published on another node, which cannot be reached now
   * @throws session_closed – the participant has ended
   */
  subscribe(options: HostedSubscriptionOptions): Promise<HostedSubscription>;
  /** Ends the session and all its channels. */
  close(): void;
}

/** Why a publication or subscription of a process has ended. */
export type HostedEnd = DataChannelCloseReason | HostedSubscriptionEnd;

/** What a channel of this process is told. */
export interface HostedListener {
  onMessage(message: DataMessage): void;
  onClosed(reason: HostedEnd): void;
}
