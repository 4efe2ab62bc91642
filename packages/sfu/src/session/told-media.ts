/**
 * What the engine has been told about a session, and the steps from there to a new plan. No verb lists its own steps,
 * so none can be forgotten. Hundreds of new tracks take several turns of the event loop, in which the session may
 * change again, so the steps are always derived from what the engine was told until then.
 */
import type { PublisherTrackPlan, SubscriberTrackPlan, TransportPlan } from '@causeway/media';
import { type InPieces, type MediaPlan, NO_MEDIA } from '../negotiation/index.ts';
import type { Shard } from '../shard.ts';
import { Gradual, type GradualOptions } from './session-work.ts';

export class ToldMedia {
  readonly #shard: Shard;
  readonly #gradual: Gradual;
  #transport: TransportPlan | undefined;
  /** Undefined while there are none. */
  #publications: Map<string, PublisherTrackPlan> | undefined = undefined;
  #subscriptions: Map<string, SubscriberTrackPlan> | undefined = undefined;

  constructor(shard: Shard, options: GradualOptions) {
    this.#shard = shard;
    this.#gradual = new Gradual(options);
  }

  /** Id of the open transport. */
  get transportId(): string | undefined {
    return this.#transport?.transportId;
  }

  /** Resolves once the engine has been told everything. */
  settled(): Promise<void> {
    return this.#gradual.settled();
  }

  /**
   * Updates the engine to a new plan; equal parts are not touched. Transports, and whatever ends, come first and at
   * once.
   *
   * @param heldIds subscriptions that are sent nothing for now
   */
  apply(after: MediaPlan, heldIds: ReadonlySet<string>): void {
    this.#gradual.begin(this.#steps(withHeld(after, heldIds)));
  }

  /** Closes the transport, if there is one, with everything on it. */
  close(): void {
    this.#gradual.stop();
    this.#closeTransport();
  }

  /** The engine has ended the transport by itself. */
  forget(): void {
    this.#gradual.stop();
    this.#clear();
  }

  *#steps(after: MediaPlan): InPieces<void> {
    this.#take(after);
    for (const [id, plan] of after.publications) {
      if (isSamePlan(this.#publications?.get(id), plan)) continue;
      this.#publications ??= new Map();
      this.#publications.set(id, plan);
      this.#shard.send({ type: 'put-publisher-track', plan });
      yield;
    }
    for (const [id, plan] of after.subscriptions) {
      if (isSamePlan(this.#subscriptions?.get(id), plan)) continue;
      this.#subscriptions ??= new Map();
      this.#subscriptions.set(id, plan);
      this.#shard.send({ type: 'put-subscriber-track', plan });
      yield;
    }
  }

  #take(after: MediaPlan): void {
    const { transportId } = this;
    const isReplaced = transportId !== undefined && transportId !== after.transport?.transportId;
    // Everything moves with the transport, so it is removed from the old one and created on the new one.
    const kept = isReplaced ? NO_MEDIA : after;
    for (const id of [...(this.#subscriptions?.keys() ?? [])]) if (!kept.subscriptions.has(id)) this.#removeSubscription(id);
    for (const id of [...(this.#publications?.keys() ?? [])]) if (!kept.publications.has(id)) this.#removePublication(id);
    if (isReplaced) this.#closeTransport();
    this.#takeTransport(after.transport);
  }

  #closeTransport(): void {
    const { transportId } = this;
    this.#clear();
    if (transportId !== undefined) this.#shard.send({ type: 'close-transport', transportId });
  }

  #clear(): void {
    this.#transport = undefined;
    this.#publications = undefined;
    this.#subscriptions = undefined;
  }

  #removeSubscription(subscriptionId: string): void {
    this.#subscriptions?.delete(subscriptionId);
    this.#shard.send({ type: 'remove-subscriber-track', subscriptionId });
  }

  #removePublication(trackId: string): void {
    this.#publications?.delete(trackId);
    this.#shard.send({ type: 'remove-publisher-track', trackId });
  }

  #takeTransport(after: TransportPlan | undefined): void {
    const before = this.#transport;
    this.#transport = after;
    if (after === undefined) return;
    if (before === undefined) {
      this.#shard.send({ type: 'open-transport', plan: after });
    } else if (!isSamePlan([before.local, before.remote], [after.local, after.remote])) {
      const { transportId, local, remote } = after;
      this.#shard.send({ type: 'restart-ice', plan: { transportId, local, remote } });
    }
  }
}

/** Plans are plain data built by one function, so equal plans have equal JSON. */
function isSamePlan(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  return one !== undefined && JSON.stringify(one) === JSON.stringify(other);
}

/** Pauses the held subscriptions in the plan. The m-sections, and what the API reports about them, do not change. */
function withHeld(media: MediaPlan, heldIds: ReadonlySet<string>): MediaPlan {
  if (heldIds.size === 0) return media;
  const subscriptions = Array.from(media.subscriptions, ([id, plan]) => [id, heldIds.has(id) ? { ...plan, paused: true } : plan] as const);
  return { ...media, subscriptions: new Map(subscriptions) };
}
