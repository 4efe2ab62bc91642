/**
 * The shard as sessions see it on a cluster node: a relay feeds subscriptions whose source is a track or data channel
 * of another node. Everything else passes through.
 */
import type { EngineCommand, EngineEvent, EngineEventListener } from '@causeway/media';
import type { Shard, ShardAnswers, ShardQuestion } from '../shard.ts';
import type { ArrivingLayers } from './arriving-layers.ts';
import type { DataRelay } from './data-relay.ts';
import type { TrackRelay } from './track-relay.ts';

export interface RelayingShardOptions {
  readonly inner: Shard;
  readonly tracks: TrackRelay['importer'];
  readonly data: DataRelay['importer'];
  readonly arriving: ArrivingLayers;
  /** Passes each event to relays first; `sessions` receives those that do not concern relays alone. */
  readonly handleEvent: (event: EngineEvent, sessions: EngineEventListener) => void;
}

export class RelayingShard implements Shard {
  readonly #inner: Shard;
  readonly #tracks: TrackRelay['importer'];
  readonly #data: DataRelay['importer'];
  readonly #arriving: ArrivingLayers;
  readonly #handleEvent: RelayingShardOptions['handleEvent'];
  /** Subscriptions of each transport, which end with it. */
  readonly #subscriptions = new Map<string, Set<string>>();
  readonly #transportOf = new Map<string, string>();

  constructor({ inner, tracks, data, arriving, handleEvent }: RelayingShardOptions) {
    this.#inner = inner;
    this.#tracks = tracks;
    this.#data = data;
    this.#arriving = arriving;
    this.#handleEvent = handleEvent;
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

  setListener(sessions: EngineEventListener): void {
    this.#inner.setListener((event) => {
      if (event.type === 'transport-closed') this.#forgetTransport(event.transportId);
      this.#handleEvent(event, sessions);
    });
  }

  send(command: EngineCommand): void {
    switch (command.type) {
      case 'close-transport':
        this.#inner.send(command);
        this.#forgetTransport(command.transportId);
        break;
      case 'put-publisher-track':
        this.#arriving.notePublished(command.plan);
        this.#inner.send(command);
        break;
      case 'remove-publisher-track':
        this.#arriving.forgetTrack(command.trackId);
        this.#inner.send(command);
        break;
      case 'put-subscriber-track':
        this.#noteSubscription(command.plan.transportId, command.plan.subscriptionId);
        // The importer accepts a subscription to another node's track, and passes it to the engine with a source of its
        // own.
        if (!this.#tracks.putSubscriber(command.plan.sourceTrackId, command.plan)) this.#inner.send(command);
        break;
      case 'put-data-subscription':
        if (command.plan.transportId !== undefined) this.#noteSubscription(command.plan.transportId, command.plan.subscriptionId);
        if (!this.#data.putSubscriber(command.plan.publicationId, command.plan)) this.#inner.send(command);
        break;
      case 'remove-data-subscription':
      case 'remove-subscriber-track':
        this.#inner.send(command);
        this.#forgetSubscription(command.subscriptionId);
        break;
      default:
        this.#inner.send(command);
    }
  }

  ask<Question extends ShardQuestion>(question: Question, transportId?: string): Promise<ShardAnswers[Question]> {
    return this.#inner.ask(question, transportId);
  }

  isAlive(): boolean {
    return this.#inner.isAlive();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #noteSubscription(transportId: string, subscriptionId: string): void {
    this.#subscriptions.set(transportId, (this.#subscriptions.get(transportId) ?? new Set()).add(subscriptionId));
    this.#transportOf.set(subscriptionId, transportId);
  }

  #forgetSubscription(subscriptionId: string): void {
    const transportId = this.#transportOf.get(subscriptionId) ?? '';
    this.#transportOf.delete(subscriptionId);
    const ofTransport = this.#subscriptions.get(transportId);
    ofTransport?.delete(subscriptionId);
    if (ofTransport?.size === 0) this.#subscriptions.delete(transportId);
    this.#tracks.releaseSubscriber(subscriptionId);
    this.#data.releaseSubscriber(subscriptionId);
  }

  /** Forgets a transport with its publications and subscriptions. */
  #forgetTransport(transportId: string): void {
    for (const subscriptionId of [...(this.#subscriptions.get(transportId) ?? [])]) this.#forgetSubscription(subscriptionId);
    this.#arriving.forgetTransport(transportId);
  }
}
