import type {
  AccountUsage,
  CertificateFingerprint,
  DataChannelRequest,
  EngineListener,
  IceRestartPlan,
  LinkStatistics,
  PublisherTrackPlan,
  SubscriberTrackPlan,
  TransportPlan,
} from '@causeway/media';
import type { ShardInspection } from './inspection.ts';

/**
 * An engine with its sockets and its time, wherever it runs: the verbs of `MediaControl` without the clock. Arguments are plain data
 * and so is what is returned, so a worker thread can stand behind it.
 */
export interface Shard {
  /** Of the certificate that peers of this shard are shown, for the SDP. */
  readonly fingerprint: CertificateFingerprint;
  /** UDP port of the host candidates. */
  readonly port: number;
  /** How many engines stand behind this one; the number of each is written into the ICE user fragments of its transports. */
  readonly shardCount: number;
  /** Which of them a new session should have: below `shardCount`. */
  chooseShardNo(): number;
  /** Events come after the verb that caused them has returned, so a listener may call any verb. */
  setListener(listener: EngineListener): void;
  openTransport(plan: TransportPlan): void;
  restartIce(plan: IceRestartPlan): void;
  closeTransport(transportId: string): void;
  putPublisherTrack(plan: PublisherTrackPlan): void;
  removePublisherTrack(trackId: string): void;
  putSubscriberTrack(plan: SubscriberTrackPlan): void;
  removeSubscriberTrack(subscriptionId: string): void;
  /** The listener hears `onDataChannelOpened` when it is there; nothing happens before the transport is connected. */
  openDataChannel(transportId: string, request: DataChannelRequest): void;
  /** Best effort: nothing happens when the channel is closed, or too much waits for the peer already. */
  sendData(transportId: string, streamId: number, data: Uint8Array | string): void;
  /** Of those links between nodes whose round trip is known. */
  linkStatistics(): Promise<readonly LinkStatistics[]>;
  /** What was carried for each account since this was asked last; several engines name an account several times. */
  takeUsage(): Promise<readonly AccountUsage[]>;
  /** Whether the loops that carry media turn, as far as is known; with several, whether one of them does. */
  isAlive(): boolean;
  /** For want of memory: what is kept for retransmission goes. */
  forgetHistories(): void;
  inspect(): Promise<ShardInspection>;
  /** Sends what is due to be sent, then releases sockets and timers. */
  close(): Promise<void>;
}
