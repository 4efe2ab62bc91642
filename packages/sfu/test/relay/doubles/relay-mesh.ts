import type { EngineCommand } from '@causeway/media';
import { type MeshShard, seededBytes, VirtualMesh } from '@causeway/testkit/mesh';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import { type NodeRecord, StaticNodeDirectory } from '../../../src/nodes/index.ts';
import { Relay } from '../../../src/relay/relay.ts';
import { DataDirectory } from '../../../src/session/data/data-directory.ts';
import { TrackDirectory } from '../../../src/session/track-directory.ts';
import { nodeRecord, openTrust } from './node-records.ts';

const LINK_STATE_TYPES: ReadonlySet<string> = new Set(['link-state', 'links-changed', 'link-states-known']);

interface RelayNode {
  readonly relay: Relay;
  readonly directory: StaticNodeDirectory;
  readonly shard: MeshShard;
}

/** Relays without sessions, in virtual time: light enough to put many of them together and count what they say of their links. */
export class RelayMesh {
  readonly clock = new VirtualClock();
  readonly mesh: VirtualMesh;
  readonly nodes = new Map<number, RelayNode>();
  /** Messages about links that all nodes have sent so far. */
  messages = 0;
  readonly #records = new Map<number, NodeRecord>();

  /** @param changes what the record of each node tells besides its number */
  constructor(
    size: number,
    changes: (nodeNo: number) => Partial<NodeRecord> = () => ({}),
    oneWayMs?: (from: number, to: number) => number,
  ) {
    this.mesh = new VirtualMesh(this.clock, oneWayMs);
    const nodeNos = Array.from({ length: size }, (_, index) => index + 1);
    for (const nodeNo of nodeNos) this.#records.set(nodeNo, nodeRecord(nodeNo, changes(nodeNo)));
    for (const nodeNo of nodeNos) this.#start(nodeNo);
  }

  node(nodeNo: number): RelayNode {
    const node = this.nodes.get(nodeNo);
    if (node === undefined) throw new Error(`there is no node ${nodeNo}`);
    return node;
  }

  /** A node dies without a word, and its next life begins at once; all directories hear of it. */
  restart(nodeNo: number): void {
    this.node(nodeNo).relay.close();
    this.mesh.kill(nodeNo);
    const record = { ...this.node(nodeNo).directory.self, epoch: this.node(nodeNo).directory.self.epoch + 1 };
    this.#records.set(nodeNo, record);
    for (const [otherNo, { directory }] of this.nodes) {
      if (otherNo === nodeNo) continue;
      this.mesh.heal(nodeNo, otherNo);
      directory.put(record);
    }
    this.#start(nodeNo);
  }

  /** The links that a node may plan with, as `from-to`. */
  map(nodeNo: number): readonly string[] {
    const { table } = this.node(nodeNo).relay;
    const edges = table.all.flatMap((state) => [...table.costsFrom(state.nodeNo).keys()].map((to) => `${state.nodeNo}-${to}`));
    return edges.sort();
  }

  close(): void {
    for (const { relay } of this.nodes.values()) relay.close();
  }

  #start(nodeNo: number): void {
    const shard = this.mesh.addShard(nodeNo);
    this.#count(shard);
    const records = [...this.#records.values()];
    const self = this.#records.get(nodeNo) ?? nodeRecord(nodeNo);
    const directory = new StaticNodeDirectory(
      self,
      records.filter((record) => record !== self),
    );
    const relay = new Relay({
      shard,
      directory,
      tracks: new TrackDirectory(),
      trust: openTrust,
      clock: this.clock,
      random: seededBytes(nodeNo),
      dataChannels: new DataDirectory(),
      answer: () => ({ hasSession: false, track: undefined, channel: undefined }),
      countSubscribers: () => 0,
    });
    relay.shard.setListener(() => undefined);
    this.nodes.set(nodeNo, { relay, directory, shard });
    relay.open();
  }

  #count(shard: MeshShard): void {
    const send = shard.send.bind(shard);
    shard.send = (command: EngineCommand) => {
      if (command.type === 'send-data' && LINK_STATE_TYPES.has(typeOf(command.data))) this.messages++;
      send(command);
    };
  }
}

function typeOf(data: Uint8Array | string): string {
  const { m } = JSON.parse(String(data)) as { readonly m: { readonly type: string } };
  return m.type;
}
