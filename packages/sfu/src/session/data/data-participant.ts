/**
 * Data channels of the process in which the SFU runs: bots, agents and game loops exchange messages with pages without
 * a peer connection.
 */
import type { CanReply, Retain, SessionId } from '@causeway/protocol';
import type { DataChannelCloseReason, DataSubscriptionEndReason } from '../../events.ts';

/** A text or bytes; the receiver gets the same type that was sent. Neither sender nor receiver may modify the bytes. */
export type DataMessage = string | Uint8Array;

/** How a process publishes a data channel. */
export interface HostedPublicationOptions {
  /** Default true. */
  readonly ordered?: boolean;
  /** Not together with `maxPacketLifeTime`; without either, every message is delivered. */
  readonly maxRetransmits?: number;
  /** Milliseconds. */
  readonly maxPacketLifeTime?: number;
  /** The messages that a later subscriber receives first. Default `none`. */
  readonly retain?: Retain;
  /** Whether a subscriber's messages also go to all other subscribers. Default false. */
  readonly bus?: boolean;
  /** Receives messages from subscribers that may reply, or from all subscribers on a bus. */
  readonly onReply?: (message: DataMessage) => void;
}

/** A data channel that this process publishes. */
export interface HostedPublication {
  readonly name: string;
  /**
   * Sends a message to all subscribers. It never waits: a subscriber that accepts reliable messages too slowly loses
   * its subscription once 1 MiB waits for it, so check `bufferedBytes` before sending a lot.
   *
   * @throws payload_too_large – the message is longer than 256 KiB
   * @throws data_channel_not_found – the publication has ended
   */
  send(message: DataMessage): void;
  /**
   * Returns the most bytes that wait for any one subscriber on this node, or for another node. A sender that stops
   * above 256 KiB overruns none of them.
   */
  bufferedBytes(): Promise<number>;
  /** Ends the publication. Subscribers keep their channel for the next publication of that name. */
  close(): void;
}

/** `overflow`: the publisher received more than it reads. */
export type HostedSubscriptionEnd = DataSubscriptionEndReason | 'overflow';

/** How a process subscribes to a data channel. */
export interface HostedSubscriptionOptions {
  readonly remoteSessionId: string;
  readonly dataChannelName: string;
  readonly canReply?: CanReply;
  readonly onMessage: (message: DataMessage) => void;
  /** The subscription has ended, but not because it was closed here. */
  readonly onClosed?: (reason: HostedSubscriptionEnd) => void;
}

/** A data channel of another session that this process subscribes to. */
export interface HostedSubscription {
  /**
   * Sends to the publisher; on a bus, also to all other subscribers. Without the right to reply, the message is dropped
   * and counted.
   *
   * @throws payload_too_large – the message is longer than 256 KiB
   * @throws data_channel_not_found – the subscription has ended
   */
  send(message: DataMessage): void;
  close(): void;
}

/** Options of a participant in this process. */
export interface ParticipantOptions {
  /** Metadata by which clients find the session in `GET /sessions`. */
  readonly metadata?: string;
  /** The participant and all its channels have ended, because of `deleteSession` or with the SFU. */
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
  /** The id that pages pass as `remoteSessionId`. */
  readonly sessionId: SessionId;
  /**
   * @throws invalid_params – the name or an option is invalid
   * @throws data_channel_conflict – a publication of that name exists
   * @throws session_closed – the participant has ended
   */
  publish(name: string, options?: HostedPublicationOptions): HostedPublication;
  /**
   * Resolves once the channel is found; messages arrive after that.
   *
   * @throws session_not_found, data_channel_not_found – there is no such channel; wait for the event
   * `datachannel.published`
   * @throws data_channel_conflict – it is already subscribed to
   * @throws relay_unavailable – it is published on another node, which cannot be reached at present
   * @throws session_closed – the participant has ended
   */
  subscribe(options: HostedSubscriptionOptions): Promise<HostedSubscription>;
  /** Ends the session and all its channels. */
  close(): void;
}

/** Why a publication or subscription of this process ended. */
export type HostedEnd = DataChannelCloseReason | HostedSubscriptionEnd;

/** Receives the events of a channel of this process. */
export interface HostedListener {
  onMessage(message: DataMessage): void;
  onClosed(reason: HostedEnd): void;
}
