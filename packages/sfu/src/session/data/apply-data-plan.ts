/** Brings the engine up to date with the data channels of a session. It sends only what has changed. */
import type { DataPublicationPlan, DataSubscriptionPlan } from '@causeway/media';
import type { AgreedData } from '../../negotiation/index.ts';
import type { Shard } from '../../shard.ts';
import { type DataPublication, type DataSubscription, type DataTransport, publicationPlan, subscriptionPlan } from './data-records.ts';

/** What an engine should do for the channels of a session. */
export interface DataPicture {
  readonly transport: DataTransport;
  /** Undefined while the client has not agreed to data channels. */
  readonly agreed: AgreedData | undefined;
  readonly publications: Iterable<DataPublication>;
  readonly subscriptions: Iterable<DataSubscription>;
}

export class DataPlanApplier {
  readonly #shard: Shard;
  #transportId: string | undefined = undefined;
  #maxMessageBytes: number | undefined = undefined;
  /** The plans that the engine has, as text, by id; undefined while there are none. */
  #publications: Map<string, string> | undefined = undefined;
  #subscriptions: Map<string, string> | undefined = undefined;

  constructor(shard: Shard) {
    this.#shard = shard;
  }

  apply({ transport, agreed, publications, subscriptions }: DataPicture): void {
    if (transport.transportId !== this.#transportId) this.#reset(transport.transportId);
    this.#applyPeer(agreed);
    const published = plansById(
      [...publications].flatMap((each) => publicationPlan(each, transport) ?? []),
      ({ publicationId }) => publicationId,
    );
    const subscribed = plansById(
      [...subscriptions].map((each) => subscriptionPlan(each, transport)),
      ({ subscriptionId }) => subscriptionId,
    );
    for (const id of this.#subscriptions?.keys() ?? []) if (!subscribed.has(id)) this.#removeSubscription(id);
    for (const id of this.#publications?.keys() ?? []) if (!published.has(id)) this.#removePublication(id);
    for (const [id, plan] of published) this.#putPublication(id, plan);
    for (const [id, plan] of subscribed) this.#putSubscription(id, plan);
  }

  /** The engine has ended a channel by itself, so it need not be told. */
  forget(id: string): void {
    this.#publications?.delete(id);
    this.#subscriptions?.delete(id);
  }

  /** Channels end with their transport, so everything is new on the next one. */
  #reset(transportId: string | undefined): void {
    this.#transportId = transportId;
    this.#maxMessageBytes = undefined;
    this.#publications = undefined;
    this.#subscriptions = undefined;
  }

  #applyPeer(agreed: AgreedData | undefined): void {
    const transportId = this.#transportId;
    if (transportId === undefined || agreed === undefined || agreed.peer.maxMessageBytes === this.#maxMessageBytes) return;
    this.#maxMessageBytes = agreed.peer.maxMessageBytes;
    this.#shard.send({ type: 'set-data-peer', plan: { transportId, maxMessageBytes: this.#maxMessageBytes } });
  }

  #putPublication(id: string, plan: DataPublicationPlan): void {
    const text = JSON.stringify(plan);
    this.#publications ??= new Map();
    if (this.#publications.get(id) === text) return;
    this.#publications.set(id, text);
    this.#shard.send({ type: 'put-data-publication', plan });
  }

  #putSubscription(id: string, plan: DataSubscriptionPlan): void {
    const text = JSON.stringify(plan);
    this.#subscriptions ??= new Map();
    if (this.#subscriptions.get(id) === text) return;
    this.#subscriptions.set(id, text);
    this.#shard.send({ type: 'put-data-subscription', plan });
  }

  #removePublication(publicationId: string): void {
    this.#publications?.delete(publicationId);
    this.#shard.send({ type: 'remove-data-publication', publicationId });
  }

  #removeSubscription(subscriptionId: string): void {
    this.#subscriptions?.delete(subscriptionId);
    this.#shard.send({ type: 'remove-data-subscription', subscriptionId });
  }
}

function plansById<Plan>(plans: readonly Plan[], idOf: (plan: Plan) => string): ReadonlyMap<string, Plan> {
  return new Map(plans.map((plan) => [idOf(plan), plan]));
}
