import type { EngineCommand, LinkStatistics, TransportPlan } from '@causeway/media';
import type { ShardAnswers, ShardQuestion } from '@causeway/sfu';
import { RecordingShard } from './recording-shard.ts';

/** The network that a shard notifies. */
export interface MeshNetwork {
  noteTransport(shard: MeshShard, plan: TransportPlan): void;
  noteClosed(shard: MeshShard, transportId: string): void;
  openChannel(shard: MeshShard, transportId: string, label: string): void;
  sendData(shard: MeshShard, transportId: string, data: Uint8Array | string): void;
  linkStatistics(shard: MeshShard): readonly LinkStatistics[];
  /** Called after a change that affects which tracks arrive where. */
  noteChange(): void;
}

/** The shard of one node of a mesh, which notifies the network of commands. */
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

  /** Sets the layers of a publication that a client of this node sends from now on, best first. */
  sendLayers(trackId: string, rids: readonly string[] = ['']): void {
    this.#sent.set(trackId, rids);
    this.#network.noteChange();
  }

  sentLayers(trackId: string): readonly string[] {
    return this.#sent.get(trackId) ?? [];
  }

  override send(command: EngineCommand): void {
    super.send(command);
    switch (command.type) {
      case 'open-transport':
        this.#network.noteTransport(this, command.plan);
        break;
      case 'close-transport':
        this.#network.noteClosed(this, command.transportId);
        break;
      case 'open-data-channel':
        this.#network.openChannel(this, command.transportId, command.request.label);
        break;
      case 'send-data':
        this.#network.sendData(this, command.transportId, command.data);
        break;
      case 'remove-publisher-track':
        this.#sent.delete(command.trackId);
        this.#network.noteChange();
        break;
      case 'put-publisher-track':
      case 'put-subscriber-track':
      case 'remove-subscriber-track':
        this.#network.noteChange();
        break;
      case 'restart-ice':
      case 'end-answer-hold':
      case 'set-data-peer':
      case 'close-data-channel':
      case 'put-data-publication':
      case 'remove-data-publication':
      case 'put-data-subscription':
      case 'remove-data-subscription':
      case 'publish-data':
      case 'reply-data':
      case 'forget-histories':
        break;
      default:
        command satisfies never;
    }
  }

  override ask<Question extends ShardQuestion>(question: Question): Promise<ShardAnswers[Question]>;
  override async ask(question: ShardQuestion): Promise<ShardAnswers[ShardQuestion]> {
    return question === 'link-statistics' ? this.#network.linkStatistics(this) : super.ask(question);
  }
}
