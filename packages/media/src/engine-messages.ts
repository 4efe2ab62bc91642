/**
 * Everything that the engine can be told, can say and can be asked. All of it is plain data: it
 * crosses a thread unchanged, and a scenario is a list of it.
 */
import type { DataChannelRequest } from './data/data-channel.ts';
import type {
  ConnectionState,
  IceRestartPlan,
  PublisherTrackPlan,
  SubscriberTrackPlan,
  TransportCloseReason,
  TransportPlan,
} from './plan.ts';
import type { LinkStatistics } from './stats.ts';
import type { AccountUsage } from './usage-tally.ts';

/** One thing that the engine is told to do. Commands about unknown ids have no effect. */
export type EngineCommand =
  | { readonly type: 'open-transport'; readonly plan: TransportPlan }
  | { readonly type: 'restart-ice'; readonly plan: IceRestartPlan }
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
  | { readonly type: 'data-channel-opened'; readonly transportId: string; readonly streamId: number; readonly label: string }
  | { readonly type: 'data-channel-closed'; readonly transportId: string; readonly streamId: number }
  /** Only links between nodes send these; what clients send has no subscribers yet. */
  | { readonly type: 'data-channel-message'; readonly transportId: string; readonly streamId: number; readonly data: Uint8Array | string }
  /** A packet of this peer exposed a defect of the engine; the owner should close the transport. Without a transport no peer is to blame. */
  | { readonly type: 'defect'; readonly transportId: string | undefined; readonly error: unknown };

/** What the engine can be asked, by question, and what it answers. */
export interface EngineAnswers {
  /** The links between nodes whose round trip is known. */
  readonly 'link-statistics': readonly LinkStatistics[];
  /** What was carried for each account since this was last asked. */
  readonly usage: readonly AccountUsage[];
}

export type EngineQuestion = keyof EngineAnswers;

/** Takes the engine's events. Whoever hands them out says when, and whether commands may be sent from within. */
export type EngineEventListener = (event: EngineEvent) => void;
