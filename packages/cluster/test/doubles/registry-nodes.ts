import { StaticNodeDirectory } from '@causeway/sfu';
import { LivingNodes } from '../../src/nodes/living-nodes.ts';
import type { RedisLink } from '../../src/redis/redis-link.ts';
import { type ClusterRegistry, createClusterRegistry } from '../../src/registry/create-registry.ts';
import type { Timers } from '../../src/time/cluster-clock.ts';
import { nodeRecord } from './node-records.ts';

export interface RegistryNodeOptions {
  readonly nodeNo: number;
  readonly epoch?: number;
  readonly timers: Timers;
}

export interface RegistryNode extends ClusterRegistry {
  readonly nodeNo: number;
  readonly epoch: number;
  /** Whom this node takes for alive. */
  readonly directory: StaticNodeDirectory;
  readonly told: string[];
}

/** A node as the registry sees one: with a directory that its owner fills. */
export function createRegistryNode(link: RedisLink, { nodeNo, epoch = 1, timers }: RegistryNodeOptions): RegistryNode {
  const directory = new StaticNodeDirectory(nodeRecord(nodeNo, { epoch }));
  const told: string[] = [];
  const registry = createClusterRegistry({
    link,
    directory,
    living: new LivingNodes({ directory, refresh: async () => {}, nowMs: () => timers.nowMs() }),
    timers,
    onRestored: (appId, sessions) => told.push(`restored ${sessions} of ${appId}`),
    onSwept: (life, sessions) => told.push(`swept ${sessions} of ${life.nodeNo}:${life.epoch}`),
  });
  return Object.assign(registry, { nodeNo, epoch, directory, told });
}

/** From now on they take each other for alive. */
export function introduce(nodes: readonly RegistryNode[]): void {
  for (const { directory } of nodes) for (const other of nodes) if (other.directory !== directory) directory.put(other.directory.self);
}
