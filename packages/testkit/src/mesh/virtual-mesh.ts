/**
 * Simulates several shards and their network in virtual time and without packets: transports that reach each other connect, data channels
 * carry text in order, and tracks arrive wherever they are forwarded. It follows the behaviour of the engine, including its time-outs.
 */
import type { EngineEventListener, LinkStatistics, TransportPlan } from '@causeway/media';
import type { VirtualClock } from '../virtual-clock.ts';
import { type MeshNetwork, MeshShard } from './mesh-shard.ts';
import { type LinkEnd, type MeshLinks, MeshTracks } from './mesh-tracks.ts';

const SILENCE_MS = 2000;
const CONTROL_STREAM = 1;
const RELIABLE = { protocol: '', ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined };
const HANDSHAKE_ROUND_TRIPS = 3;
/** The delay, in addition to the path, between a command to a shard and its effect on others. */
const REACTION_MS = 1;

/** One end of a link that has connected at least once. */
interface Connected extends LinkEnd {
  readonly near: MeshShard;
  readonly nearId: string;
  state: 'connected' | 'disconnected';
  /** Channel messages delayed by the network. */
  readonly held: (Uint8Array | string)[];
}

export class VirtualMesh implements MeshNetwork, MeshLinks {
  readonly shards = new Map<number, MeshShard>();
  readonly tracks = new MeshTracks(this.shards, this);
  readonly #clock: VirtualClock;
  readonly #oneWayMs: (from: number, to: number) => number;
  readonly #silenceMs: (at: number, of: number) => number;
  readonly #cut = new Set<number>();
  /** The shards' transports, by node and then by transport. */
  readonly #ends = new Map<number, Map<string, Connected>>();
  /** The transports of links by their local credentials, including closed ones. */
  readonly #transports = new Map<string, { readonly shard: MeshShard; readonly plan: TransportPlan }>();
  /** Loss ratios between pairs of nodes, 0 to 1. */
  readonly #loss = new Map<number, number>();
  #isChangeNoted = false;

  /** @param silenceMs how long a node waits before it treats a silent link as lost; the two ends of a link may differ */
  constructor(
    clock: VirtualClock,
    oneWayMs: (from: number, to: number) => number = () => 20,
    silenceMs: (at: number, of: number) => number = () => SILENCE_MS,
  ) {
    this.#clock = clock;
    this.#oneWayMs = oneWayMs;
    this.#silenceMs = silenceMs;
  }

  addShard(nodeNo: number): MeshShard {
    const shard = new MeshShard(nodeNo, this);
    this.shards.set(nodeNo, shard);
    this.tracks.noteChange();
    return shard;
  }

  /** Kills the process of a shard without a goodbye. */
  kill(nodeNo: number): void {
    for (const other of this.shards.keys()) if (other !== nodeNo) this.cut(nodeNo, other);
    this.shards.delete(nodeNo);
    this.tracks.noteChange();
    for (const [key, { shard }] of this.#transports) if (shard.nodeNo === nodeNo) this.#transports.delete(key);
  }

  /** Removes one end of a link without a goodbye; the other end remains, and receives nothing. */
  forget(shard: MeshShard, transportId: string): void {
    this.#forgetEnd(shard, transportId);
  }

  /** Cuts the path between two nodes. */
  cut(one: number, other: number): void {
    this.#cut.add(pairKey(one, other));
    this.noteChange();
    for (const end of this.#endsBetween(one, other)) {
      this.#later(this.#silenceMs(end.near.nodeNo, end.far.nodeNo), () => this.#noticeSilence(end));
    }
  }

  heal(one: number, other: number): void {
    if (!this.#cut.delete(pairKey(one, other))) return;
    for (const nodeNo of [one, other]) {
      const shard = this.shards.get(nodeNo);
      if (shard !== undefined) for (const plan of shard.transports.values()) this.noteTransport(shard, plan);
    }
    for (const end of this.#endsBetween(one, other)) this.#later(2 * this.#oneWayMs(one, other), () => this.#noticeAgain(end));
    this.noteChange();
  }

  /** Sets the packet loss ratio between two nodes, 0 to 1. Messages are not lost, since they are retransmitted. */
  lose(one: number, other: number, ratio: number): void {
    this.#loss.set(pairKey(one, other), ratio);
  }

  isCut(one: number, other: number): boolean {
    return this.#cut.has(pairKey(one, other));
  }

  endOf(shard: MeshShard, transportId: string): Connected | undefined {
    return this.#ends.get(shard.nodeNo)?.get(transportId);
  }

  // These follow the commands to the shards.

  noteTransport(shard: MeshShard, plan: TransportPlan): void {
    if (plan.isLink !== true) return;
    this.#transports.set(credentialsKey(plan.local.ufrag, plan.remote.ufrag), { shard, plan });
    const peer = this.#peerOf(plan);
    if (peer === undefined || this.isCut(shard.nodeNo, peer.shard.nodeNo)) return;
    if ((plan.reach ?? peer.plan.reach) === undefined) throw new Error('neither end of the link reaches out');
    if (this.endOf(shard, plan.transportId) !== undefined) return;
    const handshakeMs = HANDSHAKE_ROUND_TRIPS * 2 * this.#oneWayMs(shard.nodeNo, peer.shard.nodeNo);
    this.#later(handshakeMs, () => this.#connect(shard, plan.transportId, peer.shard, peer.plan.transportId));
  }

  noteClosed(shard: MeshShard, transportId: string): void {
    const end = this.endOf(shard, transportId);
    this.#forgetEnd(shard, transportId);
    this.noteChange();
    if (end === undefined || this.isCut(end.near.nodeNo, end.far.nodeNo)) return;
    this.#later(this.#oneWayMs(end.near.nodeNo, end.far.nodeNo), () => {
      // A process that was killed hears nothing.
      if (!this.#forgetEnd(end.far, end.farId) || !this.#isOpen(end.far, end.farId)) return;
      end.far.lose(end.farId, 'peer_closed');
      this.noteChange();
    });
  }

  openChannel(shard: MeshShard, transportId: string, label: string): void {
    const end = this.endOf(shard, transportId);
    if (end === undefined) return;
    const oneWayMs = this.#oneWayMs(end.near.nodeNo, end.far.nodeNo);
    this.#later(oneWayMs, () =>
      this.#tell(end.far, end.farId, (listener, id) =>
        listener({ type: 'data-channel-opened', transportId: id, streamId: CONTROL_STREAM, label, ...RELIABLE }),
      ),
    );
    this.#later(2 * oneWayMs, () =>
      this.#tell(end.near, end.nearId, (listener, id) =>
        listener({ type: 'data-channel-opened', transportId: id, streamId: CONTROL_STREAM, label, ...RELIABLE }),
      ),
    );
  }

  sendData(shard: MeshShard, transportId: string, data: Uint8Array | string): void {
    const end = this.endOf(shard, transportId);
    if (end === undefined) return;
    if (this.isCut(end.near.nodeNo, end.far.nodeNo)) end.held.push(data);
    else this.#deliver(end, data);
  }

  linkStatistics(shard: MeshShard): readonly LinkStatistics[] {
    const ends = [...(this.#ends.get(shard.nodeNo)?.values() ?? [])].filter(({ near }) => near === shard);
    return ends.map(({ nearId, far }) => ({
      transportId: nearId,
      rttMs: 2 * this.#oneWayMs(shard.nodeNo, far.nodeNo),
      lossRatio: this.#loss.get(pairKey(shard.nodeNo, far.nodeNo)) ?? 0,
    }));
  }

  noteChange(): void {
    this.tracks.noteChange();
    if (this.#isChangeNoted) return;
    this.#isChangeNoted = true;
    this.#later(REACTION_MS, () => {
      this.#isChangeNoted = false;
      this.tracks.tellChanges();
    });
  }

  #connect(one: MeshShard, oneId: string, other: MeshShard, otherId: string): void {
    if (this.isCut(one.nodeNo, other.nodeNo) || this.endOf(one, oneId) !== undefined) return;
    if (!this.#isOpen(one, oneId) || !this.#isOpen(other, otherId)) return;
    this.#addEnd({ near: one, nearId: oneId, far: other, farId: otherId, state: 'connected', held: [] });
    this.#addEnd({ near: other, nearId: otherId, far: one, farId: oneId, state: 'connected', held: [] });
    one.connect(oneId);
    other.connect(otherId);
    this.noteChange();
  }

  #deliver(end: Connected, data: Uint8Array | string): void {
    this.#later(this.#oneWayMs(end.near.nodeNo, end.far.nodeNo), () => {
      this.#tell(end.far, end.farId, (listener, id) =>
        listener({ type: 'data-channel-message', transportId: id, streamId: CONTROL_STREAM, data }),
      );
    });
  }

  #noticeSilence(end: Connected): void {
    if (this.isCut(end.near.nodeNo, end.far.nodeNo)) this.#disconnect(end);
  }

  #noticeAgain(end: Connected): void {
    if (this.isCut(end.near.nodeNo, end.far.nodeNo) || !this.#isLive(end)) return;
    // The other end may have given up by then.
    if (this.endOf(end.far, end.farId) === undefined) {
      this.#later(SILENCE_MS, () => this.#disconnect(end));
      return;
    }
    for (const data of end.held.splice(0)) this.#deliver(end, data);
    if (end.state === 'connected') return;
    end.state = 'connected';
    this.tracks.noteChange();
    end.near.listener({ type: 'connection-state', transportId: end.nearId, state: 'connected' });
    this.noteChange();
  }

  #disconnect(end: Connected): void {
    if (!this.#isLive(end) || end.state === 'disconnected') return;
    end.state = 'disconnected';
    this.tracks.noteChange();
    end.near.listener({ type: 'connection-state', transportId: end.nearId, state: 'disconnected' });
  }

  #tell(shard: MeshShard, transportId: string, news: (listener: EngineEventListener, transportId: string) => void): void {
    if (this.#isOpen(shard, transportId)) news(shard.listener, transportId);
  }

  #isOpen(shard: MeshShard, transportId: string): boolean {
    return this.shards.get(shard.nodeNo) === shard && shard.transports.has(transportId);
  }

  #isLive(end: Connected): boolean {
    return this.endOf(end.near, end.nearId) === end && this.#isOpen(end.near, end.nearId);
  }

  #endsBetween(one: number, other: number): readonly Connected[] {
    const from = (near: number, far: number) => [...(this.#ends.get(near)?.values() ?? [])].filter((end) => end.far.nodeNo === far);
    return [...from(one, other), ...from(other, one)];
  }

  #addEnd(end: Connected): void {
    const { nodeNo } = end.near;
    const ends = this.#ends.get(nodeNo) ?? new Map<string, Connected>();
    this.#ends.set(nodeNo, ends.set(end.nearId, end));
    this.tracks.noteChange();
  }

  /** @returns whether the end existed */
  #forgetEnd({ nodeNo }: MeshShard, transportId: string): boolean {
    this.tracks.noteChange();
    return this.#ends.get(nodeNo)?.delete(transportId) ?? false;
  }

  #peerOf({ local, remote }: TransportPlan): { readonly shard: MeshShard; readonly plan: TransportPlan } | undefined {
    const peer = this.#transports.get(credentialsKey(remote.ufrag, local.ufrag));
    return peer !== undefined && this.#isOpen(peer.shard, peer.plan.transportId) ? peer : undefined;
  }

  #later(delayMs: number, what: () => void): void {
    this.#clock.schedule(delayMs, what);
  }
}

function pairKey(one: number, other: number): number {
  return Math.min(one, other) * 65_536 + Math.max(one, other);
}

function credentialsKey(localUfrag: string, remoteUfrag: string): string {
  return `${localUfrag} ${remoteUfrag}`;
}
