import type { RemoteTrack } from '../sfu-api.ts';
import { joinUntil } from './join-until.ts';
import type { LoadContext } from './load-session.ts';
import { PublishingClient, type PublishOptions } from './publishing-client.ts';
import { SubscribingClient } from './subscribing-client.ts';

/** Sums over the clients of a group, since they joined. */
export interface LoadTotals {
  readonly sent: number;
  /** Packets received by all subscribers together, without duplicates. */
  readonly received: number;
  readonly duplicates: number;
  readonly checked: number;
  /** Checked packets in which at least one byte differed from what was sent. */
  readonly corrupted: number;
}

/** The clients that one process has on one SFU. */
export class LoadGroup {
  readonly #context: LoadContext;
  readonly #publishers: PublishingClient[] = [];
  readonly #subscribers: SubscribingClient[] = [];
  /** How many of them `subscribeNext` has subscribed. */
  #subscribed = 0;

  constructor(context: LoadContext) {
    this.#context = context;
  }

  /** Joins a publisher, which does not send before `start`. */
  async publish(options: PublishOptions): Promise<RemoteTrack> {
    const client = await PublishingClient.join(this.#context, options);
    this.#publishers.push(client);
    return client.track;
  }

  /** Joins a publisher that the SFU has placed where it is wanted, as its user fragment shows. */
  async publishWhere(isWanted: (remoteUfrag: string) => boolean, options: PublishOptions): Promise<RemoteTrack> {
    const client = await joinUntil(() => PublishingClient.join(this.#context, options), isWanted);
    this.#publishers.push(client);
    return client.track;
  }

  /** Joins one client that the SFU has placed where it is wanted, subscribed to all of the given tracks. */
  async joinWhere(isWanted: (remoteUfrag: string) => boolean, tracks: readonly RemoteTrack[], diligence: 'count' | 'check'): Promise<void> {
    const client = await joinUntil(() => SubscribingClient.join(this.#context, diligence), isWanted);
    this.#subscribers.push(client);
    for (const track of tracks) await client.subscribe(track);
  }

  /** Joins one client, subscribed to all of the given tracks. */
  async join(tracks: readonly RemoteTrack[], diligence: 'count' | 'check'): Promise<SubscribingClient> {
    const client = await SubscribingClient.join(this.#context, diligence);
    this.#subscribers.push(client);
    for (const track of tracks) await client.subscribe(track);
    return client;
  }

  /** Subscribes this many clients, in the order in which they joined, beginning after those that were subscribed by the last call. */
  async subscribeNext(track: RemoteTrack, count: number): Promise<void> {
    const from = this.#subscribed;
    this.#subscribed += count;
    for (const subscriber of this.#subscribers.slice(from, from + count)) await subscriber.subscribe(track);
  }

  start(): void {
    for (const publisher of this.#publishers) publisher.start();
  }

  pause(): void {
    for (const publisher of this.#publishers) publisher.pause();
  }

  totals(): LoadTotals {
    const counts = this.#subscribers.flatMap((subscriber) => subscriber.counts());
    return {
      sent: sum(this.#publishers.map(({ sent }) => sent)),
      received: sum(counts.map(({ unique }) => unique)),
      duplicates: sum(counts.map(({ duplicates }) => duplicates)),
      checked: sum(this.#subscribers.map(({ inspector }) => inspector?.checked ?? 0)),
      corrupted: sum(this.#subscribers.map(({ inspector }) => inspector?.corrupted ?? 0)),
    };
  }

  /** Latency of every packet that was checked since the last call. */
  takeLatenciesMs(): number[] {
    return this.#subscribers.flatMap(({ inspector }) => inspector?.takeLatenciesMs() ?? []);
  }

  /** Ends all sessions at once. */
  async leave(): Promise<void> {
    const clients = [...this.#subscribers.splice(0), ...this.#publishers.splice(0)];
    this.#subscribed = 0;
    await Promise.all(clients.map((client) => client.leave()));
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
