import type { DataChannelRequest, LinkStatistics, PublisherTrackPlan, SubscriberTrackPlan, TransportPlan } from '@causeway/media';
import { RecordingShard } from '../../doubles/recording-shard.ts';

/** What a shard tells the network that it is part of. */
export interface MeshNetwork {
  noteTransport(shard: MeshShard, plan: TransportPlan): void;
  noteClosed(shard: MeshShard, transportId: string): void;
  openChannel(shard: MeshShard, transportId: string, label: string): void;
  sendData(shard: MeshShard, transportId: string, data: Uint8Array | string): void;
  linkStatistics(shard: MeshShard): readonly LinkStatistics[];
  /** Something changed that decides which tracks arrive where. */
  noteChange(): void;
}

/** The shard of one node of a mesh: what it is told it passes on to the network. */
export class MeshShard extends RecordingShard {
  readonly nodeNo: number;
  readonly #network: MeshNetwork;
  /** Layers that clients send, best first; the empty rid without simulcast. */
  readonly #sent = new Map<string, readonly string[]>();

  constructor(nodeNo: number, network: MeshNetwork) {
    super();
    this.nodeNo = nodeNo;
    this.#network = network;
  }

  /** A client of this node sends these layers of a publication from now on, best first. */
  send(trackId: string, rids: readonly string[] = ['']): void {
    this.#sent.set(trackId, rids);
    this.#network.noteChange();
  }

  sentLayers(trackId: string): readonly string[] {
    return this.#sent.get(trackId) ?? [];
  }

  override async linkStatistics(): Promise<readonly LinkStatistics[]> {
    return this.#network.linkStatistics(this);
  }

  override openTransport(plan: TransportPlan): void {
    super.openTransport(plan);
    this.#network.noteTransport(this, plan);
  }

  override closeTransport(transportId: string): void {
    super.closeTransport(transportId);
    this.#network.noteClosed(this, transportId);
  }

  override openDataChannel(transportId: string, request: DataChannelRequest): void {
    super.openDataChannel(transportId, request);
    this.#network.openChannel(this, transportId, request.label);
  }

  override sendData(transportId: string, streamId: number, data: Uint8Array | string): void {
    super.sendData(transportId, streamId, data);
    this.#network.sendData(this, transportId, data);
  }

  override putPublisherTrack(plan: PublisherTrackPlan): void {
    super.putPublisherTrack(plan);
    this.#network.noteChange();
  }

  override removePublisherTrack(trackId: string): void {
    super.removePublisherTrack(trackId);
    this.#sent.delete(trackId);
    this.#network.noteChange();
  }

  override putSubscriberTrack(plan: SubscriberTrackPlan): void {
    super.putSubscriberTrack(plan);
    this.#network.noteChange();
  }

  override removeSubscriberTrack(subscriptionId: string): void {
    super.removeSubscriberTrack(subscriptionId);
    this.#network.noteChange();
  }
}
