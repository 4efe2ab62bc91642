/**
 * Several shards and the network between them, in virtual time and without packets: transports that reach each other connect, data channels
 * carry text in order, tracks arrive where somebody forwards them. What happens is what the engine does, down to its silences.
 */
import type { DataChannelRequest, LinkStatistics, PublisherTrackPlan, SubscriberTrackPlan, TransportPlan } from '@causeway/media';
import type { VirtualClock } from '@causeway/testkit/virtual-clock';
import { RecordingShard } from '../../doubles/recording-shard.ts';

const SILENCE_MS = 2000;
const CONTROL_STREAM = 1;
const HANDSHAKE_ROUND_TRIPS = 3;
/** Between what a shard is told and what others notice of it, besides the way. */
const REACTION_MS = 1;

/** One end of a link that has connected at least once. */
interface Connected {
  readonly near: MeshShard;
  readonly nearId: string;
  readonly far: MeshShard;
  readonly farId: string;
  state: 'connected' | 'disconnected';
  /** Channel messages that the network holds up. */
  readonly held: (Uint8Array | string)[];
}

export class MeshShard extends RecordingShard {
  readonly nodeNo: number;
  readonly #mesh: VirtualMesh;
  /** Layers that clients send, best first; the empty rid without simulcast. */
  readonly #sent = new Map<string, readonly string[]>();

  constructor(nodeNo: number, mesh: VirtualMesh) {
    super();
    this.nodeNo = nodeNo;
    this.#mesh = mesh;
  }

  /** A client of this node sends these layers of a publication from now on, best first. */
  send(trackId: string, rids: readonly string[] = ['']): void {
    this.#sent.set(trackId, rids);
    this.#mesh.noteChange();
  }

  sentLayers(trackId: string): readonly string[] {
    return this.#sent.get(trackId) ?? [];
  }

  override async linkStatistics(): Promise<readonly LinkStatistics[]> {
    return this.#mesh.linkStatistics(this);
  }

  override openTransport(plan: TransportPlan): void {
    super.openTransport(plan);
    this.#mesh.noteTransport(this, plan);
  }

  override closeTransport(transportId: string): void {
    super.closeTransport(transportId);
    this.#mesh.noteClosed(this, transportId);
  }

  override openDataChannel(transportId: string, request: DataChannelRequest): void {
    super.openDataChannel(transportId, request);
    this.#mesh.openChannel(this, transportId, request.label);
  }

  override sendData(transportId: string, streamId: number, data: Uint8Array | string): void {
    super.sendData(transportId, streamId, data);
    this.#mesh.sendData(this, transportId, data);
  }

  override putPublisherTrack(plan: PublisherTrackPlan): void {
    super.putPublisherTrack(plan);
    this.#mesh.noteChange();
  }

  override removePublisherTrack(trackId: string): void {
    super.removePublisherTrack(trackId);
    this.#sent.delete(trackId);
    this.#mesh.noteChange();
  }

  override putSubscriberTrack(plan: SubscriberTrackPlan): void {
    super.putSubscriberTrack(plan);
    this.#mesh.noteChange();
  }

  override removeSubscriberTrack(subscriptionId: string): void {
    super.removeSubscriberTrack(subscriptionId);
    this.#mesh.noteChange();
  }
}

/** One layer of one track on its way from one node to another. */
export interface Copy {
  readonly from: number;
  readonly to: number;
  readonly track: string;
  readonly rid: string;
}

export class VirtualMesh {
  readonly shards = new Map<number, MeshShard>();
  readonly #clock: VirtualClock;
  readonly #oneWayMs: (from: number, to: number) => number;
  readonly #cut = new Set<string>();
  readonly #ends = new Map<string, Connected>();
  /** What was last told of each track: `node trackId` to its layers. */
  readonly #told = new Map<string, string>();
  #isLooking = false;

  constructor(clock: VirtualClock, oneWayMs: (from: number, to: number) => number = () => 20) {
    this.#clock = clock;
    this.#oneWayMs = oneWayMs;
  }

  addShard(nodeNo: number): MeshShard {
    const shard = new MeshShard(nodeNo, this);
    this.shards.set(nodeNo, shard);
    return shard;
  }

  /** The process behind a shard is gone, without a word. */
  kill(nodeNo: number): void {
    for (const other of this.shards.keys()) if (other !== nodeNo) this.cut(nodeNo, other);
    this.shards.delete(nodeNo);
  }

  /** Nothing gets through between two nodes any more. */
  cut(one: number, other: number): void {
    this.#cut.add(pairKey(one, other));
    this.noteChange();
    for (const end of this.#endsBetween(one, other)) this.#later(SILENCE_MS, () => this.#noticeSilence(end));
  }

  heal(one: number, other: number): void {
    this.#cut.delete(pairKey(one, other));
    for (const shard of this.shards.values()) for (const plan of shard.transports.values()) this.noteTransport(shard, plan);
    for (const end of this.#endsBetween(one, other)) this.#later(2 * this.#oneWayMs(one, other), () => this.#noticeAgain(end));
    this.noteChange();
  }

  isCut(one: number, other: number): boolean {
    return this.#cut.has(pairKey(one, other));
  }

  // What shards are told.

  noteTransport(shard: MeshShard, plan: TransportPlan): void {
    if (plan.isLink !== true) return;
    const peer = this.#peerOf(plan);
    if (peer === undefined || this.isCut(shard.nodeNo, peer.shard.nodeNo)) return;
    if ((plan.reach ?? peer.plan.reach) === undefined) throw new Error('nobody reaches out');
    if (this.#ends.has(endKey(shard, plan.transportId))) return;
    const handshakeMs = HANDSHAKE_ROUND_TRIPS * 2 * this.#oneWayMs(shard.nodeNo, peer.shard.nodeNo);
    this.#later(handshakeMs, () => this.#connect(shard, plan.transportId, peer.shard, peer.plan.transportId));
  }

  noteClosed(shard: MeshShard, transportId: string): void {
    const end = this.#ends.get(endKey(shard, transportId));
    this.#ends.delete(endKey(shard, transportId));
    this.noteChange();
    if (end === undefined || this.isCut(end.near.nodeNo, end.far.nodeNo)) return;
    this.#later(this.#oneWayMs(end.near.nodeNo, end.far.nodeNo), () => {
      if (!this.#ends.delete(endKey(end.far, end.farId))) return;
      end.far.lose(end.farId, 'peer_closed');
      this.noteChange();
    });
  }

  openChannel(shard: MeshShard, transportId: string, label: string): void {
    const end = this.#ends.get(endKey(shard, transportId));
    if (end === undefined) return;
    const oneWayMs = this.#oneWayMs(end.near.nodeNo, end.far.nodeNo);
    this.#later(oneWayMs, () => this.#tell(end.far, end.farId, (listener, id) => listener.onDataChannelOpened(id, CONTROL_STREAM, label)));
    this.#later(2 * oneWayMs, () =>
      this.#tell(end.near, end.nearId, (listener, id) => listener.onDataChannelOpened(id, CONTROL_STREAM, label)),
    );
  }

  sendData(shard: MeshShard, transportId: string, data: Uint8Array | string): void {
    const end = this.#ends.get(endKey(shard, transportId));
    if (end === undefined) return;
    if (this.isCut(end.near.nodeNo, end.far.nodeNo)) end.held.push(data);
    else this.#deliver(end, data);
  }

  linkStatistics(shard: MeshShard): readonly LinkStatistics[] {
    const ends = [...this.#ends.values()].filter(({ near }) => near === shard);
    return ends.map(({ nearId, far }) => ({ transportId: nearId, rttMs: 2 * this.#oneWayMs(shard.nodeNo, far.nodeNo), lossRatio: 0 }));
  }

  /** Something changed that decides which tracks arrive where. */
  noteChange(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#later(REACTION_MS, () => {
      this.#isLooking = false;
      this.#look();
    });
  }

  // What tests ask.

  /** Layers of a track that come in at a node now, best first. */
  arriving(nodeNo: number, trackId: string): readonly string[] {
    const shard = this.shards.get(nodeNo);
    return shard === undefined ? [] : this.#arriving(shard, trackId, 0).rids;
  }

  /** The layer that a subscriber is sent now: `track@rid` by the name of the track at its owner; undefined if nothing. */
  shown(nodeNo: number, subscriptionId: string): string | undefined {
    const shard = this.shards.get(nodeNo);
    const plan = shard?.subscriptions.get(subscriptionId);
    if (shard === undefined || plan === undefined) return undefined;
    return this.#forwarded(shard, plan, 0);
  }

  /** Everything that crosses links now. */
  copies(): readonly Copy[] {
    const copies: Copy[] = [];
    for (const shard of this.shards.values()) {
      for (const plan of shard.subscriptions.values()) {
        const end = this.#ends.get(endKey(shard, plan.transportId));
        const sent = end === undefined ? undefined : this.#forwarded(shard, plan, 0);
        if (end?.state !== 'connected' || sent === undefined) continue;
        const [track = '', rid = ''] = sent.split('@');
        copies.push({ from: shard.nodeNo, to: end.far.nodeNo, track, rid });
      }
    }
    return copies;
  }

  #arriving(shard: MeshShard, trackId: string, depth: number): { readonly origin: string; readonly rids: readonly string[] } {
    const plan = shard.publications.get(trackId);
    const nothing = { origin: trackId, rids: [] };
    if (plan === undefined) return nothing;
    if (depth > this.shards.size) throw new Error(`track ${trackId} is relayed in a circle`);
    const end = this.#ends.get(endKey(shard, plan.transportId));
    if (end === undefined) return { origin: trackId, rids: shard.sentLayers(trackId) };
    if (end.state !== 'connected' || this.isCut(end.near.nodeNo, end.far.nodeNo)) return nothing;
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

  /** Tells every listener what changed about its tracks. */
  #look(): void {
    for (const shard of this.shards.values()) {
      for (const { trackId, rids } of [...shard.publications.values()]) {
        const key = `${shard.nodeNo} ${trackId}`;
        const now = this.#arriving(shard, trackId, 0).rids;
        const before = this.#told.get(key);
        if (before === now.join(' ') || (before === undefined && now.length === 0)) continue;
        this.#told.set(key, now.join(' '));
        if (before === undefined) shard.listener.onTrackActivity(trackId, 'active');
        if (rids.length > 0) shard.listener.onLayersChanged(trackId, now);
      }
    }
  }

  #connect(one: MeshShard, oneId: string, other: MeshShard, otherId: string): void {
    if (this.isCut(one.nodeNo, other.nodeNo) || this.#ends.has(endKey(one, oneId))) return;
    if (!this.#isOpen(one, oneId) || !this.#isOpen(other, otherId)) return;
    const states = { state: 'connected' as const, held: [] };
    this.#ends.set(endKey(one, oneId), { near: one, nearId: oneId, far: other, farId: otherId, ...states });
    this.#ends.set(endKey(other, otherId), { near: other, nearId: otherId, far: one, farId: oneId, state: 'connected', held: [] });
    one.connect(oneId);
    other.connect(otherId);
    this.noteChange();
  }

  #deliver(end: Connected, data: Uint8Array | string): void {
    this.#later(this.#oneWayMs(end.near.nodeNo, end.far.nodeNo), () => {
      this.#tell(end.far, end.farId, (listener, id) => listener.onDataChannelMessage(id, CONTROL_STREAM, data));
    });
  }

  #noticeSilence(end: Connected): void {
    if (!this.isCut(end.near.nodeNo, end.far.nodeNo) || !this.#isLive(end) || end.state === 'disconnected') return;
    end.state = 'disconnected';
    end.near.listener.onConnectionState(end.nearId, 'disconnected');
  }

  #noticeAgain(end: Connected): void {
    if (this.isCut(end.near.nodeNo, end.far.nodeNo) || !this.#isLive(end)) return;
    // The other end may have given up meanwhile: nobody answers then.
    if (!this.#ends.has(endKey(end.far, end.farId))) {
      this.#later(SILENCE_MS, () => this.#noticeNobody(end));
      return;
    }
    for (const data of end.held.splice(0)) this.#deliver(end, data);
    if (end.state === 'connected') return;
    end.state = 'connected';
    end.near.listener.onConnectionState(end.nearId, 'connected');
    this.noteChange();
  }

  #noticeNobody(end: Connected): void {
    if (!this.#isLive(end) || end.state === 'disconnected') return;
    end.state = 'disconnected';
    end.near.listener.onConnectionState(end.nearId, 'disconnected');
  }

  #tell(shard: MeshShard, transportId: string, news: (listener: RecordingShard['listener'], transportId: string) => void): void {
    if (this.#isOpen(shard, transportId)) news(shard.listener, transportId);
  }

  #isOpen(shard: MeshShard, transportId: string): boolean {
    return this.shards.get(shard.nodeNo) === shard && shard.transports.has(transportId);
  }

  #isLive(end: Connected): boolean {
    return this.#ends.get(endKey(end.near, end.nearId)) === end && this.#isOpen(end.near, end.nearId);
  }

  #endsBetween(one: number, other: number): readonly Connected[] {
    return [...this.#ends.values()].filter(({ near, far }) => pairKey(near.nodeNo, far.nodeNo) === pairKey(one, other));
  }

  #peerOf({ local, remote }: TransportPlan): { readonly shard: MeshShard; readonly plan: TransportPlan } | undefined {
    for (const shard of this.shards.values()) {
      for (const plan of shard.transports.values()) {
        if (plan.local.ufrag === remote.ufrag && plan.remote.ufrag === local.ufrag) return { shard, plan };
      }
    }
    return undefined;
  }

  #later(delayMs: number, what: () => void): void {
    this.#clock.schedule(delayMs, what);
  }
}

/** Layers in the order of their bitrates. */
const RANK = ['l', 'm', 'h'];

function pairKey(one: number, other: number): string {
  return one < other ? `${one}-${other}` : `${other}-${one}`;
}

function endKey({ nodeNo }: MeshShard, transportId: string): string {
  return `${nodeNo} ${transportId}`;
}
