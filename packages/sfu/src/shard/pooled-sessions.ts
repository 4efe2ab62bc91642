import type { PublisherTrackPlan, SubscriberTrackPlan } from '@causeway/media';

interface PooledTransport {
  readonly shardNo: number;
  tracks: Set<string> | undefined;
  subscriptions: Set<string> | undefined;
}

/** The shard of each transport, and what belongs to the transport, which engines and the pool forget together with it. */
export class PooledSessions {
  readonly #transports = new Map<string, PooledTransport>();
  /** Transports by shard. */
  readonly #counts = new Map<number, number>();
  readonly #transportOfTrack = new Map<string, string>();
  readonly #transportOfSubscription = new Map<string, string>();

  open(transportId: string, shardNo: number): void {
    this.#transports.set(transportId, { shardNo, tracks: undefined, subscriptions: undefined });
    this.#counts.set(shardNo, this.countOn(shardNo) + 1);
  }

  shardNoOf(transportId: string): number | undefined {
    return this.#transports.get(transportId)?.shardNo;
  }

  shardNoOfTrack(trackId: string): number | undefined {
    return this.shardNoOf(this.#transportOfTrack.get(trackId) ?? '');
  }

  shardNoOfSubscription(subscriptionId: string): number | undefined {
    return this.shardNoOf(this.#transportOfSubscription.get(subscriptionId) ?? '');
  }

  transportsOn(shardNo: number): string[] {
    return [...this.#transports].flatMap(([transportId, transport]) => (transport.shardNo === shardNo ? [transportId] : []));
  }

  countOn(shardNo: number): number {
    return this.#counts.get(shardNo) ?? 0;
  }

  putTrack({ trackId, transportId }: PublisherTrackPlan): void {
    const transport = this.#transports.get(transportId);
    if (transport !== undefined) transport.tracks = (transport.tracks ?? new Set()).add(trackId);
    this.#transportOfTrack.set(trackId, transportId);
  }

  removeTrack(trackId: string): void {
    this.#transports.get(this.#transportOfTrack.get(trackId) ?? '')?.tracks?.delete(trackId);
    this.#transportOfTrack.delete(trackId);
  }

  putSubscription({ subscriptionId, transportId }: SubscriberTrackPlan): void {
    const transport = this.#transports.get(transportId);
    if (transport !== undefined) transport.subscriptions = (transport.subscriptions ?? new Set()).add(subscriptionId);
    this.#transportOfSubscription.set(subscriptionId, transportId);
  }

  removeSubscription(subscriptionId: string): void {
    this.#transports.get(this.#transportOfSubscription.get(subscriptionId) ?? '')?.subscriptions?.delete(subscriptionId);
    this.#transportOfSubscription.delete(subscriptionId);
  }

  /** Forgets a transport. @returns its tracks and subscriptions */
  close(transportId: string): { readonly tracks: readonly string[]; readonly subscriptions: readonly string[] } {
    const transport = this.#transports.get(transportId);
    if (transport === undefined) return { tracks: [], subscriptions: [] };
    const [tracks, subscriptions] = [[...(transport.tracks ?? [])], [...(transport.subscriptions ?? [])]];
    for (const trackId of tracks) this.removeTrack(trackId);
    for (const subscriptionId of subscriptions) this.removeSubscription(subscriptionId);
    this.#transports.delete(transportId);
    this.#counts.set(transport.shardNo, this.countOn(transport.shardNo) - 1);
    return { tracks, subscriptions };
  }
}
