/**
 * All messages that the engine receives, emits and answers. They are plain data, so they cross threads unchanged, and a scenario is a list
 * of them.
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
import type { QualitySample } from './quality/quality-history.ts';
import type { SpeechReading } from './speech/speech-meter.ts';
import type { LinkStatistics, TransportSnapshot } from './statistics.ts';
import type { AccountUsage } from './usage-tally.ts';

/** A command to the engine. Commands about unknown ids have no effect. */
export type EngineCommand =
  | { readonly type: 'open-transport'; readonly plan: TransportPlan }
  | { readonly type: 'restart-ice'; readonly plan: IceRestartPlan }
  /** The client has called the API again, so first answers that are held for its page are sent now (`FirstAnswers`). */
  | { readonly type: 'end-answer-hold'; readonly transportId: string }
  | { readonly type: 'close-transport'; readonly transportId: string }
  /** Adds a publication, or changes its codecs, SSRCs and extensions if the id is known. */
  | { readonly type: 'put-publisher-track'; readonly plan: PublisherTrackPlan }
  /** Ends a publication. Its subscriptions receive an RTCP BYE and keep their m-sections. */
  | { readonly type: 'remove-publisher-track'; readonly trackId: string }
  /** Adds a subscription, or changes its source, layer or pause if the id is known. */
  | { readonly type: 'put-subscriber-track'; readonly plan: SubscriberTrackPlan }
  | { readonly type: 'remove-subscriber-track'; readonly subscriptionId: string }
  /** Answered by `data-channel-opened`. Has no effect before the transport is connected. */
  | { readonly type: 'open-data-channel'; readonly transportId: string; readonly request: DataChannelRequest }
  /** Best effort: has no effect if the channel is closed, or too much is waiting for the peer already. */
  | { readonly type: 'send-data'; readonly transportId: string; readonly streamId: number; readonly data: Uint8Array | string }
  /** Says that the peer accepts data channels, and how long its messages may be. May be sent again when that changes. */
  | { readonly type: 'set-data-peer'; readonly plan: DataPeerPlan }
  /** Closes a channel of any kind after everything sent on it has left. Answered by the event for whatever uses the channel. */
  | { readonly type: 'close-data-channel'; readonly transportId: string; readonly streamId: number }
  /** Adds a data publication, or changes `retain` and `isBus` if the id is known. */
  | { readonly type: 'put-data-publication'; readonly plan: DataPublicationPlan }
  /** Ends a publication, and closes its channel unless `keepsChannel` is set. No event about it follows. */
  | { readonly type: 'remove-data-publication'; readonly publicationId: string; readonly keepsChannel?: boolean }
  /** Adds a data subscription, or changes its source, right to reply or pause if the id is known. */
  | { readonly type: 'put-data-subscription'; readonly plan: DataSubscriptionPlan }
  /** Ends a subscription and closes its channel. No event about it follows. */
  | { readonly type: 'remove-data-subscription'; readonly subscriptionId: string }
  /** Sends a message of a publication of this process as if a peer had sent it. The bytes must not change afterwards. */
  | { readonly type: 'publish-data'; readonly publicationId: string; readonly data: Uint8Array | string }
  /** Sends a reply of a subscriber in this process. The bytes must not change afterwards. */
  | { readonly type: 'reply-data'; readonly subscriptionId: string; readonly data: Uint8Array | string }
  /** Drops every packet kept for retransmission, because memory is short. */
  | { readonly type: 'forget-histories' };

/** An event of the engine. Events about one transport are emitted in the order in which they happened. */
export type EngineEvent =
  | { readonly type: 'connection-state'; readonly transportId: string; readonly state: ConnectionState }
  /** The engine closed the transport on its own. Its tracks and subscriptions no longer exist in the engine. */
  | { readonly type: 'transport-closed'; readonly transportId: string; readonly reason: TransportCloseReason }
  /** `active` means that the first packet has arrived, or packets arrive again; `inactive` means silence. */
  | { readonly type: 'track-activity'; readonly trackId: string; readonly activity: 'active' | 'inactive' }
  /** The simulcast layers that arrive, highest bitrate first. Emitted when the set or its order changes. */
  | { readonly type: 'layers-changed'; readonly trackId: string; readonly rids: readonly string[] }
  /**
   * Another layer of a publication is now sent to a subscriber. Without a `rid`, nothing is sent until a layer fits the path or arrives
   * again.
   */
  | {
      readonly type: 'layer-changed';
      readonly transportId: string;
      readonly subscriptionId: string;
      readonly rid: string | undefined;
      /** The highest layers within the stream that are sent; undefined if none is dropped. */
      readonly spatialId: number | undefined;
      readonly temporalId: number | undefined;
      readonly reason: LayerChangeReason;
    }
  /**
   * A subscriber now receives everything that it has asked for, less of it, or nothing. Not emitted initially if it receives everything.
   */
  | {
      readonly type: 'quality-changed';
      readonly transportId: string;
      readonly subscriptionId: string;
      readonly quality: GrantedQuality;
      readonly reason: LayerChangeReason;
    }
  /** The speech on a publication. Emitted several times a second while there is any, and once after 1.5 s of silence. */
  | ({ readonly type: 'speech-measured'; readonly trackId: string } & SpeechReading)
  /**
   * Whether lower layers of a track that has crossed a link are needed, because the best one does not fit this subscriber's path. The owner
   * of the link lets them cross as long as they are.
   */
  | { readonly type: 'lower-layers-needed'; readonly transportId: string; readonly subscriptionId: string; readonly areNeeded: boolean }
  /** The peer has opened a channel, or has confirmed one of `open-data-channel`. Channels of subscriptions have events of their own. */
  | ({ readonly type: 'data-channel-opened'; readonly transportId: string } & DataChannelInfo)
  /** A channel was closed that no publication or subscription uses. */
  | { readonly type: 'data-channel-closed'; readonly transportId: string; readonly streamId: number }
  /** Emitted only for links between nodes, since messages of clients go to publications. */
  | { readonly type: 'data-channel-message'; readonly transportId: string; readonly streamId: number; readonly data: Uint8Array | string }
  /** The engine ended a publication on its own. Its subscriptions are closed, or wait if they are sticky. */
  | { readonly type: 'data-publication-closed'; readonly publicationId: string; readonly reason: DataPublicationCloseReason }
  /** The channel is open: retained messages were sent on it, and live messages follow. */
  | { readonly type: 'data-subscription-opened'; readonly subscriptionId: string }
  /** The engine ended a subscription on its own, and has removed it. */
  | { readonly type: 'data-subscription-closed'; readonly subscriptionId: string; readonly reason: DataSubscriptionCloseReason }
  /** A message was not sent because it is longer than the peer accepts. Emitted at most once a second for each subscription. */
  | {
      readonly type: 'data-message-too-large';
      readonly subscriptionId: string;
      readonly sizeBytes: number;
      readonly maxMessageBytes: number;
    }
  /** The bytes that wait for a subscriber have fallen to its `bufferedLowBytes`. */
  | { readonly type: 'data-buffered-low'; readonly subscriptionId: string; readonly bufferedBytes: number }
  /** A message for a subscription of this process, or a reply to one of its publications. The bytes must not be changed. */
  | { readonly type: 'data-received'; readonly subscriptionId: string; readonly data: Uint8Array | string }
  | { readonly type: 'data-reply-received'; readonly publicationId: string; readonly data: Uint8Array | string }
  /**
   * A packet of this peer has exposed a defect of the engine, so the owner should close the transport. Without a transport, no peer is to
   * blame.
   */
  | { readonly type: 'defect'; readonly transportId: string | undefined; readonly error: unknown };

/** Maps each question that the engine can be asked to its answer. */
export interface EngineAnswers {
  /** The links between nodes whose round-trip time is known. */
  readonly 'link-statistics': readonly LinkStatistics[];
  /** Statistics of data publications and subscriptions. */
  readonly 'data-statistics': DataStatistics;
  /** What was carried for each account since the question was last asked. */
  readonly usage: readonly AccountUsage[];
  /** One peer with its publications and subscriptions; undefined if there is no such transport. */
  readonly transport: TransportSnapshot | undefined;
  /** The last five minutes of one peer, oldest sample first; empty if there is no such transport, or it has had no tracks. */
  readonly quality: readonly QualitySample[];
  /** The newest of these samples; undefined if there is none. */
  readonly 'newest-quality': QualitySample | undefined;
}

/** A question that the engine can be asked. */
export type EngineQuestion = keyof EngineAnswers;

/** Receives the engine's events. The shard that delivers them defines when, and whether the listener may send commands. */
export type EngineEventListener = (event: EngineEvent) => void;
