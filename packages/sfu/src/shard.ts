import type {
  CertificateFingerprint,
  EngineListener,
  IceRestartPlan,
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
  /** Events come after the verb that caused them has returned, so a listener may call any verb. */
  setListener(listener: EngineListener): void;
  openTransport(plan: TransportPlan): void;
  restartIce(plan: IceRestartPlan): void;
  closeTransport(transportId: string): void;
  putPublisherTrack(plan: PublisherTrackPlan): void;
  removePublisherTrack(trackId: string): void;
  putSubscriberTrack(plan: SubscriberTrackPlan): void;
  removeSubscriberTrack(subscriptionId: string): void;
  /** For want of memory: what is kept for retransmission goes. */
  forgetHistories(): void;
  inspect(): Promise<ShardInspection>;
  /** Sends what is due to be sent, then releases sockets and timers. */
  close(): Promise<void>;
}
