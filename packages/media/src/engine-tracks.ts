/** The publications and subscriptions of one shard, and which of them belong together. No packet passes through here. */
import type { EngineContext } from './engine-context.ts';
import { BalanceTally, type MeteringBalance } from './metering-balance.ts';
import type { PublisherTrackPlan, SubscriberTrackPlan } from './plan.ts';
import { PublisherTrack } from './publisher/publisher-track.ts';
import { Audiences } from './router/track-router.ts';
import { SubscriberTrack } from './subscriber/subscriber-track.ts';
import type { PeerTransport } from './transport/peer-transport.ts';
import type { AccountUsage } from './usage-tally.ts';

/** Creates, connects and closes the tracks of an engine as plans say. */
export class EngineTracks {
  readonly #context: EngineContext;
  readonly #publishers = new Map<string, PublisherTrack>();
  readonly #subscribers = new Map<string, SubscriberTrack>();
  readonly #audiences = new Audiences<SubscriberTrack>();
  readonly #balance = new BalanceTally();

  constructor(context: EngineContext) {
    this.#context = context;
  }

  get publishers(): Iterable<PublisherTrack> {
    return this.#publishers.values();
  }

  get publisherCount(): number {
    return this.#publishers.size;
  }

  get subscriberCount(): number {
    return this.#subscribers.size;
  }

  /** Adds a publication or changes it. @param transport the publisher's; nothing is done without one, because it may have closed by itself */
  putPublisher(nowMs: number, transport: PeerTransport | undefined, plan: PublisherTrackPlan): void {
    if (transport === undefined) return;
    const known = this.#publishers.get(plan.trackId);
    if (known !== undefined) known.update(plan);
    const track = known ?? new PublisherTrack(this.#context, transport, plan);
    this.#publishers.set(plan.trackId, track);
    transport.receive.putTrack(track);
    transport.tracksChanged();
    transport.congestion.useExtensions(plan.extensions);
    transport.congestion.reportByStream(plan.isReportedByStream === true);
    for (const subscriber of this.#audiences.of(plan.trackId)) subscriber.update(nowMs, subscriber.plan, track);
  }

  removePublisher(nowMs: number, trackId: string): void {
    const track = this.#publishers.get(trackId);
    if (track === undefined) return;
    this.#publishers.delete(trackId);
    track.transport.receive.removeTrack(track);
    track.transport.tracksChanged();
    this.#context.usage.countPublisher(track);
    track.close(nowMs);
  }

  /** Adds a subscription or changes it. @param transport the subscriber's; nothing is done without one, because it may have closed by itself */
  putSubscriber(nowMs: number, transport: PeerTransport | undefined, plan: SubscriberTrackPlan): void {
    if (transport === undefined) return;
    const known = this.#subscribers.get(plan.subscriptionId);
    if (known !== undefined && known.plan.sourceTrackId !== plan.sourceTrackId) this.#context.usage.countSubscriber(known);
    const subscriber = known ?? new SubscriberTrack(this.#context, transport, plan);
    this.#subscribers.set(plan.subscriptionId, subscriber);
    this.#audiences.move(subscriber, known?.plan.sourceTrackId, plan.sourceTrackId);
    if (known !== undefined && known.plan.ssrc !== plan.ssrc) transport.subscriptions.delete(known.plan.ssrc);
    transport.subscriptions.set(plan.ssrc, subscriber);
    transport.tracksChanged();
    const source = plan.sourceTrackId === undefined ? undefined : this.#publishers.get(plan.sourceTrackId);
    subscriber.update(nowMs, plan, source);
  }

  removeSubscriber(nowMs: number, subscriptionId: string): void {
    const subscriber = this.#subscribers.get(subscriptionId);
    if (subscriber === undefined) return;
    this.#subscribers.delete(subscriptionId);
    this.#audiences.move(subscriber, subscriber.plan.sourceTrackId, undefined);
    subscriber.transport.subscriptions.delete(subscriber.plan.ssrc);
    subscriber.transport.tracksChanged();
    this.#context.usage.countSubscriber(subscriber);
    this.#balance.noteEnd(subscriber);
    subscriber.close(nowMs);
  }

  /** Removes what a transport publishes and subscribes to. */
  removeAllOf(nowMs: number, transport: PeerTransport): void {
    for (const track of [...transport.receive.tracks]) this.removePublisher(nowMs, track.plan.trackId);
    for (const subscriber of [...transport.subscriptions.values()]) this.removeSubscriber(nowMs, subscriber.plan.subscriptionId);
  }

  /** Frees the packets that are kept for retransmission. */
  forgetHistories(): void {
    for (const { streams } of this.#publishers.values()) for (const { history } of streams) history.releaseBefore(Number.POSITIVE_INFINITY);
  }

  /** What was sent, as counted for billing. */
  balance(): MeteringBalance {
    return this.#balance.read(this.#subscribers.values(), this.#context.usage.chargedSentBytes);
  }

  /** What has been carried since it was last asked for. */
  takeUsage(): AccountUsage[] {
    for (const track of this.#publishers.values()) this.#context.usage.countPublisher(track);
    for (const subscriber of this.#subscribers.values()) this.#context.usage.countSubscriber(subscriber);
    return this.#context.usage.take();
  }
}
