/**
 * The shard as sessions see it on a node of a cluster: a subscription whose source is a track of another node is fed by a relay. Everything
 * else passes through.
 */
import type {
  DataChannelRequest,
  EngineListener,
  IceRestartPlan,
  PublisherTrackPlan,
  SubscriberTrackPlan,
  TransportPlan,
} from '@causeway/media';
import type { Shard } from '../shard.ts';
import type { ArrivingLayers } from './arriving-layers.ts';
import type { RelayImporter } from './relay-importer.ts';

export interface RelayingShardOptions {
  readonly inner: Shard;
  readonly importer: RelayImporter;
  readonly arriving: ArrivingLayers;
  /** The engine's news as sessions are to hear them: after the relays, and without those that only relays understand. */
  readonly listenBefore: (sessions: EngineListener) => EngineListener;
}

export class RelayingShard implements Shard {
  readonly #inner: Shard;
  readonly #importer: RelayImporter;
  readonly #arriving: ArrivingLayers;
  readonly #listenBefore: (sessions: EngineListener) => EngineListener;
  /** Subscriptions of each transport, which go with it. */
  readonly #subscriptions = new Map<string, Set<string>>();
  readonly #transportOf = new Map<string, string>();

  constructor({ inner, importer, arriving, listenBefore }: RelayingShardOptions) {
    this.#inner = inner;
    this.#importer = importer;
    this.#arriving = arriving;
    this.#listenBefore = listenBefore;
  }

  get fingerprint() {
    return this.#inner.fingerprint;
  }

  get port(): number {
    return this.#inner.port;
  }

  get shardCount(): number {
    return this.#inner.shardCount;
  }

  chooseShardNo(): number {
    return this.#inner.chooseShardNo();
  }

  setListener(listener: EngineListener): void {
    const relayed = this.#listenBefore(listener);
    this.#inner.setListener({
      ...relayed,
      onTransportClosed: (transportId, reason) => {
        this.#forgetTransport(transportId);
        relayed.onTransportClosed(transportId, reason);
      },
    });
  }

  openTransport(plan: TransportPlan): void {
    this.#inner.openTransport(plan);
  }

  restartIce(plan: IceRestartPlan): void {
    this.#inner.restartIce(plan);
  }

  closeTransport(transportId: string): void {
    this.#inner.closeTransport(transportId);
    this.#forgetTransport(transportId);
  }

  putPublisherTrack(plan: PublisherTrackPlan): void {
    this.#arriving.notePublished(plan);
    this.#inner.putPublisherTrack(plan);
  }

  removePublisherTrack(trackId: string): void {
    this.#arriving.forgetTrack(trackId);
    this.#inner.removePublisherTrack(trackId);
  }

  putSubscriberTrack(plan: SubscriberTrackPlan): void {
    const { transportId, subscriptionId } = plan;
    this.#subscriptions.set(transportId, (this.#subscriptions.get(transportId) ?? new Set()).add(subscriptionId));
    this.#transportOf.set(subscriptionId, transportId);
    if (!this.#importer.putSubscriber(plan)) this.#inner.putSubscriberTrack(plan);
  }

  removeSubscriberTrack(subscriptionId: string): void {
    this.#inner.removeSubscriberTrack(subscriptionId);
    this.#forgetSubscription(subscriptionId);
  }

  openDataChannel(transportId: string, request: DataChannelRequest): void {
    this.#inner.openDataChannel(transportId, request);
  }

  sendData(transportId: string, streamId: number, data: Uint8Array | string): void {
    this.#inner.sendData(transportId, streamId, data);
  }

  linkStatistics() {
    return this.#inner.linkStatistics();
  }

  takeUsage() {
    return this.#inner.takeUsage();
  }

  isAlive(): boolean {
    return this.#inner.isAlive();
  }

  forgetHistories(): void {
    this.#inner.forgetHistories();
  }

  inspect() {
    return this.#inner.inspect();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #forgetSubscription(subscriptionId: string): void {
    const transportId = this.#transportOf.get(subscriptionId) ?? '';
    this.#transportOf.delete(subscriptionId);
    const ofTransport = this.#subscriptions.get(transportId);
    ofTransport?.delete(subscriptionId);
    if (ofTransport?.size === 0) this.#subscriptions.delete(transportId);
    this.#importer.releaseSubscriber(subscriptionId);
  }

  /** A transport takes its publications and subscriptions with it. */
  #forgetTransport(transportId: string): void {
    for (const subscriptionId of [...(this.#subscriptions.get(transportId) ?? [])]) this.#forgetSubscription(subscriptionId);
    this.#arriving.forgetTransport(transportId);
  }
}
