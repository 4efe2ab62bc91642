import { type MeshShard, ScriptedClient, seededBytes, VirtualMesh } from '@causeway/testkit/mesh';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import type { SfuAssembly } from '../../../src/assemble-sfu.ts';
import { type NodeGoneReason, type NodeRecord, StaticNodeDirectory } from '../../../src/nodes/index.ts';
import { MemoryRegistry, type Registry } from '../../../src/registry/index.ts';
import type { ClusterAssembly, LinkEvent } from '../../../src/relay/cluster-assembly.ts';
import { type Joined, SfuUnderTest } from '../../doubles/sfu-under-test.ts';
import { nodeRecord, openTrust } from './node-records.ts';

export interface ClusterChanges {
  readonly oneWayMs?: (from: number, to: number) => number;
  /** After how long a node notices that it hears nothing of another. */
  readonly silenceMs?: (at: number, of: number) => number;
  readonly records?: Readonly<Record<number, Partial<NodeRecord>>>;
  readonly cluster?: Partial<ClusterAssembly>;
  readonly registry?: Registry;
}

export interface ClusterNode {
  readonly nodeNo: number;
  readonly world: SfuUnderTest;
  readonly shard: MeshShard;
  readonly directory: StaticNodeDirectory;
  readonly linkEvents: LinkEvent[];
}

/** Whole SFUs that find each other, in virtual time and without packets: what crosses which link is there to be counted. */
export class ClusterUnderTest {
  readonly clock = new VirtualClock();
  readonly mesh: VirtualMesh;
  readonly registry: Registry;
  readonly nodes = new Map<number, ClusterNode>();
  readonly #changes: ClusterChanges;
  /** The epochs of nodes that have been started again. */
  readonly #epochs = new Map<number, number>();

  constructor(nodeNos: readonly number[], changes: ClusterChanges = {}) {
    this.mesh = new VirtualMesh(this.clock, changes.oneWayMs, changes.silenceMs);
    this.registry = changes.registry ?? new MemoryRegistry();
    this.#changes = changes;
    for (const nodeNo of nodeNos) this.nodes.set(nodeNo, this.#start(nodeNo, nodeNos));
  }

  /** All links are up and all nodes know of them. */
  static async linked(nodeNos: readonly number[], changes: ClusterChanges = {}): Promise<ClusterUnderTest> {
    const cluster = new ClusterUnderTest(nodeNos, changes);
    await cluster.clock.advance(3000);
    return cluster;
  }

  node(nodeNo: number): ClusterNode {
    const node = this.nodes.get(nodeNo);
    if (node === undefined) throw new Error(`there is no node ${nodeNo}`);
    return node;
  }

  /** A camera at a node, sending; without simulcast unless layers are named, lowest first. */
  async publish(nodeNo: number, options: { readonly rids?: readonly string[]; readonly trackId?: string } = {}): Promise<Camera> {
    const { rids = [], trackId = 'camera' } = options;
    const { world, shard } = this.node(nodeNo);
    const client = new ScriptedClient();
    client.addTransceiver('video', { direction: 'sendonly', trackId, streamId: 'stream', codecs: ['vp8'], rids });
    const publisher = await world.join(client);
    shard.connect(publisher.id);
    const publicationId = shard.publicationsOf(publisher.id)[0]?.trackId ?? '';
    shard.sendLayers(publicationId, rids.length === 0 ? [''] : [...rids].reverse());
    await this.clock.advance(10);
    return { publisher, publicationId };
  }

  /** A connected client without tracks of its own. */
  async join(nodeNo: number): Promise<Joined> {
    const { world, shard } = this.node(nodeNo);
    const joined = await world.join(new ScriptedClient());
    shard.connect(joined.id);
    return joined;
  }

  /** What a client is shown on each of its m-sections. */
  shown(nodeNo: number, viewer: Joined): readonly (string | undefined)[] {
    return this.node(nodeNo)
      .shard.subscriptionsOf(viewer.id)
      .map(({ subscriptionId }) => this.mesh.tracks.shown(nodeNo, subscriptionId));
  }

  /** The copies that cross links now: `1>2 track@layer`. */
  copies(): readonly string[] {
    return this.mesh.tracks.copies().map(({ from, to, track, rid }) => `${from}>${to} ${track}@${rid}`);
  }

  /** The number of nodes on the longest route in the messages to a node. */
  longestRouteTo(nodeNo: number): number {
    const sent = [...this.nodes.values()].flatMap(({ shard }) => shard.sentData);
    const texts = sent.filter(({ transportId }) => transportId.startsWith(`link-${nodeNo}-`)).map(({ data }) => `${data}`);
    const routes = texts.flatMap((text) => [...text.matchAll(/"route":\[([\d,]*)\]/g)].map(([, nodes = '']) => nodes.split(',')));
    return routes.reduce((longest, { length }) => Math.max(longest, length), 0);
  }

  /** A node dies without a word; the others' directories notice later, as a lease runs out. */
  async kill(nodeNo: number): Promise<void> {
    this.mesh.kill(nodeNo);
  }

  /** A node dies without a word, and its next life begins at once; the others hear of both as they would from Redis. */
  async restart(nodeNo: number): Promise<void> {
    const { world, directory } = this.node(nodeNo);
    this.mesh.kill(nodeNo);
    // Nothing that it says from now on reaches another node; the registry sweeps up after it.
    await world.sfu.close();
    this.#epochs.set(nodeNo, directory.self.epoch + 1);
    for (const other of this.nodes.values()) {
      if (other.nodeNo === nodeNo) continue;
      this.mesh.heal(nodeNo, other.nodeNo);
      other.directory.put(this.#recordOf(nodeNo));
    }
    this.nodes.set(nodeNo, this.#start(nodeNo, [...this.nodes.keys()]));
  }

  tellGone(nodeNo: number, why: NodeGoneReason): void {
    for (const node of this.nodes.values()) if (node.nodeNo !== nodeNo) node.directory.remove(nodeNo, why);
  }

  #recordOf(nodeNo: number): NodeRecord {
    return nodeRecord(nodeNo, { epoch: this.#epochs.get(nodeNo) ?? 1, ...this.#changes.records?.[nodeNo] });
  }

  #start(nodeNo: number, nodeNos: readonly number[]): ClusterNode {
    const others = nodeNos.filter((each) => each !== nodeNo).map((each) => this.#recordOf(each));
    const directory = new StaticNodeDirectory(this.#recordOf(nodeNo), others);
    const shard = this.mesh.addShard(nodeNo);
    const linkEvents: LinkEvent[] = [];
    const assembly: Partial<SfuAssembly> = {
      nodeNo,
      registry: this.registry,
      random: seededBytes(nodeNo),
      cluster: { directory, trust: openTrust, onLinkEvent: (event) => linkEvents.push(event), ...this.#changes.cluster },
    };
    return { nodeNo, shard, directory, linkEvents, world: new SfuUnderTest({ ...assembly, shard }, { clock: this.clock, shard }) };
  }
}

export interface Camera {
  readonly publisher: Joined;
  readonly publicationId: string;
}
