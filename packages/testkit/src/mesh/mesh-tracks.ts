import type { SubscriberTrackPlan } from '@causeway/media';
import type { MeshShard } from './mesh-shard.ts';

/** Layers in the order of their bitrates. */
const RANK = ['l', 'm', 'h'];

/** One layer of one track on its way from one node to another. */
export interface Copy {
  readonly from: number;
  readonly to: number;
  readonly track: string;
  readonly rid: string;
}

/** Where the transport of a link leads to. */
export interface LinkEnd {
  readonly far: MeshShard;
  readonly farId: string;
  readonly state: 'connected' | 'disconnected';
}

/** The links that tracks travel on. */
export interface MeshLinks {
  /** Returns undefined if the transport is a client's, or has never connected. */
  endOf(shard: MeshShard, transportId: string): LinkEnd | undefined;
  isCut(one: number, other: number): boolean;
}

/** What arrives of a track: the layers, best first, and the name of the track at its owner. */
interface Arrival {
  readonly origin: string;
  readonly rids: readonly string[];
}

/** What is worked out about one shard until something changes. */
interface KnownOfShard {
  /** Keyed by track; undefined while it is being worked out. */
  readonly arriving: Map<string, Arrival | undefined>;
  /** Keyed by transport and SSRC. */
  readonly senders: ReadonlyMap<string, ReadonlyMap<number, SubscriberTrackPlan>>;
}

/** Computes which layers of which tracks arrive where, from the commands to the shards. */
export class MeshTracks {
  readonly #shards: ReadonlyMap<number, MeshShard>;
  readonly #links: MeshLinks;
  /** The layers last reported for each track. */
  readonly #told = new WeakMap<MeshShard, Map<string, string>>();
  #known = new Map<MeshShard, KnownOfShard>();

  constructor(shards: ReadonlyMap<number, MeshShard>, links: MeshLinks) {
    this.#shards = shards;
    this.#links = links;
  }

  /** Call it when a track, a subscription or a link has changed. */
  noteChange(): void {
    if (this.#known.size > 0) this.#known = new Map();
  }

  /**
   * Returns the layer that a subscriber is sent now, as `track@rid` with the name of the track at its owner; undefined if it is sent
   * nothing.
   */
  shown(nodeNo: number, subscriptionId: string): string | undefined {
    const shard = this.#shards.get(nodeNo);
    const plan = shard?.subscriptions.get(subscriptionId);
    if (shard === undefined || plan === undefined) return undefined;
    return this.#forwarded(shard, plan);
  }

  /** Returns everything that crosses links now. */
  copies(): readonly Copy[] {
    const copies: Copy[] = [];
    for (const shard of this.#shards.values()) {
      for (const plan of shard.subscriptions.values()) {
        const end = this.#links.endOf(shard, plan.transportId);
        const sent = end === undefined ? undefined : this.#forwarded(shard, plan);
        if (end?.state !== 'connected' || sent === undefined) continue;
        const [track = '', rid = ''] = sent.split('@');
        copies.push({ from: shard.nodeNo, to: end.far.nodeNo, track, rid });
      }
    }
    return copies;
  }

  /** Notifies every listener of changes to its tracks. What listeners change in turn is told the next time. */
  tellChanges(): void {
    const news: (() => void)[] = [];
    for (const shard of this.#shards.values()) this.#collectNews(shard, news);
    for (const tell of news) tell();
  }

  #collectNews(shard: MeshShard, news: (() => void)[]): void {
    const told = this.#told.get(shard) ?? new Map<string, string>();
    this.#told.set(shard, told);
    for (const trackId of told.keys()) if (!shard.publications.has(trackId)) told.delete(trackId);
    for (const { trackId, rids } of shard.publications.values()) {
      const now = this.#arriving(shard, trackId).rids;
      const before = told.get(trackId);
      if (before === now.join(' ') || (before === undefined && now.length === 0)) continue;
      told.set(trackId, now.join(' '));
      if (before === undefined) news.push(() => shard.listener({ type: 'track-activity', trackId, activity: 'active' }));
      if (rids.length > 0) news.push(() => shard.listener({ type: 'layers-changed', trackId, rids: now }));
    }
  }

  #arriving(shard: MeshShard, trackId: string): Arrival {
    const { arriving } = this.#knownOf(shard);
    const known = arriving.get(trackId);
    if (known !== undefined) return known;
    if (arriving.has(trackId)) throw new Error(`track ${trackId} is relayed in a circle`);
    arriving.set(trackId, undefined);
    const worked = this.#workOut(shard, trackId);
    arriving.set(trackId, worked);
    return worked;
  }

  #workOut(shard: MeshShard, trackId: string): Arrival {
    const plan = shard.publications.get(trackId);
    const nothing = { origin: trackId, rids: [] };
    if (plan === undefined) return nothing;
    const end = this.#links.endOf(shard, plan.transportId);
    if (end === undefined) return { origin: trackId, rids: shard.sentLayers(trackId) };
    if (end.state !== 'connected' || this.#links.isCut(shard.nodeNo, end.far.nodeNo)) return nothing;
    const senders = this.#knownOf(end.far).senders.get(end.farId);
    let origin = trackId;
    const rids = plan.ssrcs.flatMap(({ ssrc, rid = '' }) => {
      const sender = senders?.get(ssrc);
      const sent = sender && this.#forwarded(end.far, sender);
      if (sent === undefined) return [];
      origin = sent.split('@')[0] ?? trackId;
      return [rid];
    });
    return { origin, rids: rids.sort((one, other) => RANK.indexOf(other) - RANK.indexOf(one)) };
  }

  #forwarded(shard: MeshShard, plan: SubscriberTrackPlan): string | undefined {
    if (plan.paused || plan.sourceTrackId === undefined) return undefined;
    const { origin, rids } = this.#arriving(shard, plan.sourceTrackId);
    const wanted = rids.find((rid) => rid === plan.preferredRid);
    const rid = wanted ?? (plan.isExactLayer === true ? undefined : rids[0]);
    return rid === undefined ? undefined : `${origin}@${rid}`;
  }

  #knownOf(shard: MeshShard): KnownOfShard {
    const known = this.#known.get(shard);
    if (known !== undefined) return known;
    const senders = new Map<string, Map<number, SubscriberTrackPlan>>();
    for (const plan of shard.subscriptions.values()) {
      const ofTransport = senders.get(plan.transportId) ?? new Map<number, SubscriberTrackPlan>();
      // The first one counts, should two have the same.
      if (!ofTransport.has(plan.ssrc)) senders.set(plan.transportId, ofTransport.set(plan.ssrc, plan));
    }
    const fresh = { arriving: new Map(), senders };
    this.#known.set(shard, fresh);
    return fresh;
  }
}
