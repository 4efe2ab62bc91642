import type { GrantedQuality, LayerChangeReason, MediaKind } from '@causeway/media';
import type { AppId, ConnectionState, ErrorCode, SessionId } from '@causeway/protocol';

/** Every reason for which a session can end. */
export const SESSION_CLOSE_REASONS = [
  'requested',
  'token_revoked',
  'setup_timeout',
  'connection_lost',
  'peer_closed',
  'handshake_failed',
  'draining',
  'internal_error',
] as const;

/** Why a session ended. */
export type SessionCloseReason = (typeof SESSION_CLOSE_REASONS)[number];

/** Why a published track ended. `unreachable`: from this node's view, there is no route to the node that owns it. */
export type TrackCloseReason = 'requested' | 'rejected' | 'session_closed' | 'unreachable';

/**
 * Why a published data channel ended. `closed_by_peer`: the page closed it; `message_too_large`: the page sent a
 * message above the size limit; `channel_gone`: the channel did not exist; `replaced`: the page opened another channel
 * under the same label.
 */
export type DataChannelCloseReason = 'requested' | 'session_closed' | 'closed_by_peer' | 'message_too_large' | 'channel_gone' | 'replaced';

/** Why a subscriber's source ended. The publisher may be on another node; `unreachable`: from this node's view, there is no route to it. */
export type DataSourceEndReason = DataChannelCloseReason | 'unreachable';

/**
 * Why a subscription to a data channel ended. `session_closed`: the publisher's session closed; `channel_refused`: the
 * stream id was in use; `unreachable`: there is no route to the publisher's node; `messages_lost`: the route to that
 * node changed, and reliable messages were lost on the former one.
 */
export type DataSubscriptionEndReason =
  | 'unsubscribed'
  | 'session_closed'
  | 'closed_by_peer'
  | 'message_too_large'
  | 'channel_refused'
  | 'unreachable'
  | 'messages_lost';

interface EventOf<Type extends string> {
  readonly type: Type;
  readonly appId: AppId;
  readonly sessionId: SessionId;
  /** The group that the session was created in; missing if it has none. */
  readonly group?: string;
}

interface TrackEvent<Type extends string> extends EventOf<Type> {
  readonly trackId: string;
  readonly customTrackName: string;
  readonly mid: string;
  readonly kind: MediaKind;
}

interface SubscriptionEvent<Type extends string> extends EventOf<Type> {
  readonly remoteSessionId: string;
  readonly remoteTrackId: string;
  readonly mid: string;
}

interface DataChannelEvent<Type extends string> extends EventOf<Type> {
  readonly dataChannelName: string;
}

interface DataSubscriptionEvent<Type extends string> extends DataChannelEvent<Type> {
  readonly remoteSessionId: string;
  readonly streamId: number;
}

/** Receives the events of an SFU while it is registered. */
export interface SfuWatcher {
  readonly onEvent?: (event: SfuEvent) => void;
  /** The SFU has closed every session and begins to shut down; no events follow. */
  readonly onClosed?: () => void;
}

/** An event of an SFU (docs/api.md §11). `sessionId` is the session that it happened to. */
export type SfuEvent =
  | EventOf<'session.created'>
  | (EventOf<'session.state'> & { readonly connectionState: ConnectionState })
  | (EventOf<'session.closed'> & { readonly reason: SessionCloseReason })
  | TrackEvent<'track.published'>
  | TrackEvent<'track.active'>
  | TrackEvent<'track.inactive'>
  | TrackEvent<'track.renamed'>
  | TrackEvent<'track.muted'>
  | TrackEvent<'track.unmuted'>
  /** The track leads the conversation of its group now, among the sessions of this node. */
  | TrackEvent<'speaker.changed'>
  | (TrackEvent<'track.closed'> & { readonly reason: TrackCloseReason })
  | SubscriptionEvent<'subscription.active'>
  | (SubscriptionEvent<'subscription.ended'> & { readonly reason: TrackCloseReason | 'unsubscribed' })
  | (SubscriptionEvent<'subscription.failed'> & { readonly errorCode: ErrorCode })
  /** Without a `rid`, no layer of the track is sent at present. */
  | (SubscriptionEvent<'layer.changed'> & {
      readonly rid: string | undefined;
      /** The highest layers within it that are sent; undefined if all are. */
      readonly spatial: number | undefined;
      readonly temporal: number | undefined;
      readonly reason: LayerChangeReason;
    })
  | (SubscriptionEvent<'quality.changed'> & { readonly quality: GrantedQuality; readonly reason: LayerChangeReason })
  /** Without a stream id, the page has not opened the channel yet. */
  | (DataChannelEvent<'datachannel.published'> & { readonly streamId: number | undefined })
  | (DataChannelEvent<'datachannel.closed'> & { readonly reason: DataChannelCloseReason })
  /** For a subscription, `remoteSessionId` is the publisher's. */
  | (DataChannelEvent<'datachannel.failed'> & { readonly remoteSessionId: string | undefined; readonly errorCode: ErrorCode })
  | DataSubscriptionEvent<'datachannel.subscribed'>
  | (DataSubscriptionEvent<'datachannel.unsubscribed'> & { readonly reason: DataSubscriptionEndReason })
  /** The subscription was ended because its peer accepts reliable messages too slowly. */
  | DataSubscriptionEvent<'datachannel.overflow'>
  /** A message was dropped because it is longer than the peer accepts. */
  | (DataSubscriptionEvent<'datachannel.oversized'> & { readonly sizeBytes: number; readonly maxMessageBytes: number })
  /** The registry refused an announcement of this session. The session continues without it. */
  | (EventOf<'registry.failed'> & { readonly error: unknown })
  /** A defect of the SFU was caught. The session in which it occurred is closed. */
  | (EventOf<'session.defect'> & { readonly error: unknown });
