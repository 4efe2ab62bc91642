/**
 * The shard as sessions see it on a node of a cluster: a subscription whose source is a track of another node is fed by a relay. Everything
 * else passes through.
 */
import type { EngineCommand, EngineEvent, EngineEventListener, SubscriberTrackPlan } from '@causeway/media';
import type { Shard, ShardAnswers, ShardQuestion } from '../shard.ts';
import type { ArrivingLayers } from './arriving-layers.ts';
import type { RelayImporter } from './relay-importer.ts';

export interface RelayingShardOptions {
  readonly inner: Shard;
  readonly importer: RelayImporter;
  readonly arriving: ArrivingLayers;
  /** Gives relays each event first; `sessions` takes those that concern more than relays. */
  readonly handleEvent: (event: EngineEvent, sessions: EngineEventListener) => void;
}

export class RelayingShard implements Shard {
  readonly #inner: Shard;
  readonly #importer: RelayImporter;
  readonly #arriving: ArrivingLayers;
  readonly #handleEvent: RelayingShardOptions['handleEvent'];
  /** Subscriptions of each transport, which go with it. */
  readonly #subscriptions = new Map<string, Set<string>>();
  readonly #transportOf = new Map<string, string>();

  constructor({ inner, importer, arriving, handleEvent }: RelayingShardOptions) {
    this.#inner = inner;
    this.#importer = importer;
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
        this.#noteSubscription(command.plan);
        // The importer takes a subscription to another node's track, and gives it to the engine with a source of its own.
        if (!this.#importer.putSubscriber(command.plan)) this.#inner.send(command);
        break;
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

  #noteSubscription({ transportId, subscriptionId }: SubscriberTrackPlan): void {
    this.#subscriptions.set(transportId, (this.#subscriptions.get(transportId) ?? new Set()).add(subscriptionId));
    this.#transportOf.set(subscriptionId, transportId);
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
