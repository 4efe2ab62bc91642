/**
 * Everything that the engine can be told, can say and can be asked. All of it is plain data: it
 * crosses a thread unchanged, and a scenario is a list of it.
 */
import type { DataChannelInfo, DataChannelRequest } from './data/data-channel.ts';
import type {
  DataPeerPlan,
  DataPublicationCloseReason,
  DataPublicationPlan,
  DataStatistics,
  DataSubscriptionCloseReason,
  DataSubscriptionPlan,
} from './data/data-plan.ts';
import type {
  ConnectionState,
  GrantedQuality,
  IceRestartPlan,
  LayerChangeReason,
  PublisherTrackPlan,
  SubscriberTrackPlan,
  TransportCloseReason,
  TransportPlan,
} from './plan.ts';
import type { LinkStatistics, TransportSnapshot } from './statistics.ts';
import type { AccountUsage } from './usage-tally.ts';

/** One thing that the engine is told to do. Commands about unknown ids have no effect. */
export type EngineCommand =
  | { readonly type: 'open-transport'; readonly plan: TransportPlan }
  | { readonly type: 'restart-ice'; readonly plan: IceRestartPlan }
  /** The client has called again: first answers that are held for its page are sent now (`FirstAnswers`). */
  | { readonly type: 'end-answer-hold'; readonly transportId: string }
  | { readonly type: 'close-transport'; readonly transportId: string }
  /** Adds a publication, or changes its codecs, SSRCs and extensions when the id is known. */
  | { readonly type: 'put-publisher-track'; readonly plan: PublisherTrackPlan }
  /** Subscribers are stopped with an RTCP BYE and keep their m-section. */
  | { readonly type: 'remove-publisher-track'; readonly trackId: string }
  /** Adds a subscription, or switches its source, layer or pause when the id is known. */
  | { readonly type: 'put-subscriber-track'; readonly plan: SubscriberTrackPlan }
  | { readonly type: 'remove-subscriber-track'; readonly subscriptionId: string }
  /** Answered by `data-channel-opened`; has no effect before the transport is connected. */
  | { readonly type: 'open-data-channel'; readonly transportId: string; readonly request: DataChannelRequest }
  /** Best effort: has no effect when the channel is closed, or too much waits for the peer already. */
  | { readonly type: 'send-data'; readonly transportId: string; readonly streamId: number; readonly data: Uint8Array | string }
  /** Says that the peer takes data channels, and how long its messages may be; may be sent again when that changes. */
  | { readonly type: 'set-data-peer'; readonly plan: DataPeerPlan }
  /** Closes a channel of any kind once what was sent on it has left. Answered by the event of whatever is on the channel. */
  | { readonly type: 'close-data-channel'; readonly transportId: string; readonly streamId: number }
  /** Adds a publication of data, or changes `retain` and `isBus` when the id is known. */
  | { readonly type: 'put-data-publication'; readonly plan: DataPublicationPlan }
  /** Ends a publication; its own channel is closed unless `keepsChannel`. No event about it follows. */
  | { readonly type: 'remove-data-publication'; readonly publicationId: string; readonly keepsChannel?: boolean }
  /** Adds a subscription to data, or changes its source, right to reply or pause when the id is known. */
  | { readonly type: 'put-data-subscription'; readonly plan: DataSubscriptionPlan }
  /** Ends a subscription and closes its channel. No event about it follows. */
  | { readonly type: 'remove-data-subscription'; readonly subscriptionId: string }
  /** A message of a publication of this process, which is sent as if a peer had sent it. The bytes must not change after. */
  | { readonly type: 'publish-data'; readonly publicationId: string; readonly data: Uint8Array | string }
  /** A message of a subscriber in this process. The bytes must not change after. */
  | { readonly type: 'reply-data'; readonly subscriptionId: string; readonly data: Uint8Array | string }
  /** Memory is short: every packet kept for retransmission is dropped. */
  | { readonly type: 'forget-histories' };

/** One thing that the engine says. Events about one transport come in the order in which they happened. */
export type EngineEvent =
  | { readonly type: 'connection-state'; readonly transportId: string; readonly state: ConnectionState }
  /** The engine closed the transport by itself; its tracks and subscriptions are gone from the engine. */
  | { readonly type: 'transport-closed'; readonly transportId: string; readonly reason: TransportCloseReason }
  /** `active` means the first packet, or packets again; `inactive` means silence. */
  | { readonly type: 'track-activity'; readonly trackId: string; readonly activity: 'active' | 'inactive' }
  /** The simulcast layers that arrive, highest bitrate first; sent when the set or its order changes. */
  | { readonly type: 'layers-changed'; readonly trackId: string; readonly rids: readonly string[] }
  /** Another layer of a publication is sent to a subscriber now; without a `rid` nothing is, until one fits its path or arrives again. */
  | {
      readonly type: 'layer-changed';
      readonly transportId: string;
      readonly subscriptionId: string;
      readonly rid: string | undefined;
      /** The highest layers within it that are sent; undefined where none is left out. */
      readonly spatialId: number | undefined;
      readonly temporalId: number | undefined;
      readonly reason: LayerChangeReason;
    }
  /** A subscriber gets all that it has asked for, less of it, or nothing. Not sent as long as that is all. */
  | {
      readonly type: 'quality-changed';
      readonly transportId: string;
      readonly subscriptionId: string;
      readonly quality: GrantedQuality;
      readonly reason: LayerChangeReason;
    }
  /**
   * A subscriber cannot be sent the best layer that has crossed a link: the owner of the link should let the lower ones cross as well, or
   * need not any more.
   */
  | { readonly type: 'lower-layers-needed'; readonly transportId: string; readonly subscriptionId: string; readonly areNeeded: boolean }
  /** The peer has opened a channel, or has confirmed one of `open-data-channel`; channels of subscriptions have events of their own. */
  | ({ readonly type: 'data-channel-opened'; readonly transportId: string } & DataChannelInfo)
  /** A channel is closed that no publication or subscription is on. */
  | { readonly type: 'data-channel-closed'; readonly transportId: string; readonly streamId: number }
  /** Only links between nodes send these: what clients send goes to publications. */
  | { readonly type: 'data-channel-message'; readonly transportId: string; readonly streamId: number; readonly data: Uint8Array | string }
  /** The engine ended a publication by itself: its subscriptions are closed, or wait if they are sticky. */
  | { readonly type: 'data-publication-closed'; readonly publicationId: string; readonly reason: DataPublicationCloseReason }
  /** The channel is open: retained messages were sent on it, and live ones follow. */
  | { readonly type: 'data-subscription-opened'; readonly subscriptionId: string }
  /** The engine ended a subscription by itself, and has forgotten it. */
  | { readonly type: 'data-subscription-closed'; readonly subscriptionId: string; readonly reason: DataSubscriptionCloseReason }
  /** A message was not sent because the peer takes none of that size; at most one event a second for each subscription. */
  | {
      readonly type: 'data-message-too-large';
      readonly subscriptionId: string;
      readonly sizeBytes: number;
      readonly maxMessageBytes: number;
    }
  /** What waits for a subscriber has fallen to its `bufferedLowBytes`. */
  | { readonly type: 'data-buffered-low'; readonly subscriptionId: string; readonly bufferedBytes: number }
  /** A message for this process: for a subscription of its, or a reply to a publication of its. The bytes must not be changed. */
  | { readonly type: 'data-received'; readonly subscriptionId: string; readonly data: Uint8Array | string }
  | { readonly type: 'data-reply-received'; readonly publicationId: string; readonly data: Uint8Array | string }
  /** A packet of this peer exposed a defect of the engine; the owner should close the transport. Without a transport no peer is to blame. */
  | { readonly type: 'defect'; readonly transportId: string | undefined; readonly error: unknown };

/** What the engine can be asked, by question, and what it answers. */
export interface EngineAnswers {
  /** The links between nodes whose round trip is known. */
  readonly 'link-statistics': readonly LinkStatistics[];
  /** What goes through publications of data and to their subscribers. */
  readonly 'data-statistics': DataStatistics;
  /** What was carried for each account since this was last asked. */
  readonly usage: readonly AccountUsage[];
  /** One peer with what it publishes and what it is sent; undefined if there is no such transport. */
  readonly transport: TransportSnapshot | undefined;
}

/** What an engine can be asked. */
export type EngineQuestion = keyof EngineAnswers;

/** Takes the engine's events. The shard that delivers them says when, and whether commands may be sent from within. */
export type EngineEventListener = (event: EngineEvent) => void;
