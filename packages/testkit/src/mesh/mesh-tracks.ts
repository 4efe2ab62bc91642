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

/** Computes which layers of which tracks arrive where, from the commands to the shards. */
export class MeshTracks {
  readonly #shards: ReadonlyMap<number, MeshShard>;
  readonly #links: MeshLinks;
  /** The layers last reported for each track, by `node trackId`. */
  readonly #told = new Map<string, string>();

  constructor(shards: ReadonlyMap<number, MeshShard>, links: MeshLinks) {
    this.#shards = shards;
    this.#links = links;
  }

  /**
   * Returns the layer that a subscriber is sent now, as `track@rid` with the name of the track at its owner; undefined if it is sent
   * nothing.
   */
  shown(nodeNo: number, subscriptionId: string): string | undefined {
    const shard = this.#shards.get(nodeNo);
    const plan = shard?.subscriptions.get(subscriptionId);
    if (shard === undefined || plan === undefined) return undefined;
    return this.#forwarded(shard, plan, 0);
  }

  /** Returns everything that crosses links now. */
  copies(): readonly Copy[] {
    const copies: Copy[] = [];
    for (const shard of this.#shards.values()) {
      for (const plan of shard.subscriptions.values()) {
        const end = this.#links.endOf(shard, plan.transportId);
        const sent = end === undefined ? undefined : this.#forwarded(shard, plan, 0);
        if (end?.state !== 'connected' || sent === undefined) continue;
        const [track = '', rid = ''] = sent.split('@');
        copies.push({ from: shard.nodeNo, to: end.far.nodeNo, track, rid });
      }
    }
    return copies;
  }

  /** Notifies every listener of changes to its tracks. */
  tellChanges(): void {
    this.#forgetEnded();
    for (const shard of this.#shards.values()) {
      for (const { trackId, rids } of [...shard.publications.values()]) {
        const key = `${shard.nodeNo} ${trackId}`;
        const now = this.#arriving(shard, trackId, 0).rids;
        const before = this.#told.get(key);
        if (before === now.join(' ') || (before === undefined && now.length === 0)) continue;
        this.#told.set(key, now.join(' '));
        if (before === undefined) shard.listener({ type: 'track-activity', trackId, activity: 'active' });
        if (rids.length > 0) shard.listener({ type: 'layers-changed', trackId, rids: now });
      }
    }
  }

  /** Forgets ended tracks, since a restarted node reuses their names. */
  #forgetEnded(): void {
    const keys = [...this.#shards.values()].flatMap(({ nodeNo, publications }) => [...publications.keys()].map((id) => `${nodeNo} ${id}`));
    const living = new Set(keys);
    for (const key of this.#told.keys()) if (!living.has(key)) this.#told.delete(key);
  }

  #arriving(shard: MeshShard, trackId: string, depth: number): { readonly origin: string; readonly rids: readonly string[] } {
    const plan = shard.publications.get(trackId);
    const nothing = { origin: trackId, rids: [] };
    if (plan === undefined) return nothing;
    if (depth > this.#shards.size) throw new Error(`track ${trackId} is relayed in a circle`);
    const end = this.#links.endOf(shard, plan.transportId);
    if (end === undefined) return { origin: trackId, rids: shard.sentLayers(trackId) };
    if (end.state !== 'connected' || this.#links.isCut(shard.nodeNo, end.far.nodeNo)) return nothing;
    const senders = [...end.far.subscriptions.values()].filter(({ transportId }) => transportId === end.farId);
    let origin = trackId;
    const rids = plan.ssrcs.flatMap(({ ssrc, rid = '' }) => {
      const sender = senders.find((each) => each.ssrc === ssrc);
      const sent = sender && this.#forwarded(end.far, sender, depth + 1);
      if (sent === undefined) return [];
      origin = sent.split('@')[0] ?? trackId;
      return [rid];
    });
    return { origin, rids: rids.sort((one, other) => RANK.indexOf(other) - RANK.indexOf(one)) };
  }

  #forwarded(shard: MeshShard, plan: SubscriberTrackPlan, depth: number): string | undefined {
    if (plan.paused || plan.sourceTrackId === undefined) return undefined;
    const { origin, rids } = this.#arriving(shard, plan.sourceTrackId, depth);
    const wanted = rids.find((rid) => rid === plan.preferredRid);
    const rid = wanted ?? (plan.isExactLayer === true ? undefined : rids[0]);
    return rid === undefined ? undefined : `${origin}@${rid}`;
  }
}
