import { VirtualMesh } from '@causeway/testkit/mesh';
import { seededRandom } from '@causeway/testkit/seeded-random';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import type { Clock } from '../../../src/clock.ts';
import { type NodeRecord, StaticNodeDirectory } from '../../../src/nodes/index.ts';
import { NodeLinks } from '../../../src/relay/links/node-links.ts';
import { nodeRecord, openTrust } from '../doubles/node-records.ts';

/** One node that has links and nothing else. */
export class LinkedNode {
  readonly told: string[] = [];
  readonly lost: number[] = [];
  readonly directory: StaticNodeDirectory;
  readonly links: NodeLinks;
  readonly shard;

  constructor(mesh: VirtualMesh, clock: Clock, self: NodeRecord, others: readonly NodeRecord[]) {
    this.shard = mesh.addShard(self.nodeNo);
    this.directory = new StaticNodeDirectory(self, others);
    this.links = new NodeLinks({
      shard: this.shard,
      nodes: this.directory,
      trust: openTrust,
      clock,
      random: seededRandom(self.nodeNo),
      listener: {
        onLinkUp: ({ peer }) => this.told.push(`up ${peer.nodeNo}`),
        onLinkSilent: ({ peer }) => this.told.push(`silent ${peer.nodeNo}`),
        onLinkHeard: ({ peer }) => this.told.push(`heard ${peer.nodeNo}`),
        onLinkDown: ({ peer }, _transportId, reason) => {
          this.told.push(`down ${peer.nodeNo} ${reason}`);
          this.links.settleDoubts(peer.nodeNo);
        },
        onLinkMessage: ({ peer }, message) => this.told.push(`${message.type} from ${peer.nodeNo}`),
        onLinkState: () => undefined,
      },
      onNodeLost: ({ nodeNo }) => this.lost.push(nodeNo),
      onPulse: () => undefined,
    });
    this.shard.setListener((event) => void this.links.handleEvent(event));
  }

  state(nodeNo: number) {
    return this.links.find(nodeNo)?.state;
  }
}

export interface World {
  readonly clock: VirtualClock;
  readonly mesh: VirtualMesh;
  readonly one: LinkedNode;
  readonly two: LinkedNode;
}

export function twoNodes(changes: { readonly one?: Partial<NodeRecord>; readonly two?: Partial<NodeRecord> } = {}): World {
  const clock = new VirtualClock();
  const mesh = new VirtualMesh(clock);
  const first = nodeRecord(1, changes.one);
  const second = nodeRecord(2, changes.two);
  const one = new LinkedNode(mesh, clock, first, [second]);
  const two = new LinkedNode(mesh, clock, second, [first]);
  return { clock, mesh, one, two };
}

export async function linked(): Promise<World> {
  const world = twoNodes();
  world.one.links.open();
  world.two.links.open();
  await world.clock.advance(1000);
  return world;
}
