import { VirtualClock } from '@causeway/testkit/virtual-clock';
import type { IoredisLink } from '../../src/redis/ioredis-link.ts';
import type { RedisLink } from '../../src/redis/redis-link.ts';
import type { RedisUnderTest } from './every-redis.ts';
import { APP } from './records.ts';
import { createRegistryNode, introduce, type RegistryNode, type RegistryNodeOptions } from './registry-nodes.ts';
import { until } from './until.ts';

/** Nodes over one Redis, in virtual time. */
export class RegistryLab {
  readonly clock = new VirtualClock();
  readonly #link: RedisLink;
  readonly #nodes: RegistryNode[] = [];

  constructor(link: RedisLink) {
    this.#link = link;
  }

  startNode(options: Omit<RegistryNodeOptions, 'timers'>): RegistryNode {
    const node = createRegistryNode(this.#link, { ...options, timers: this.clock });
    this.#nodes.push(node);
    return node;
  }

  /** Nodes 101 and 102, which take each other for alive. */
  startPair(): readonly [RegistryNode, RegistryNode] {
    const pair = [this.startNode({ nodeNo: 101 }), this.startNode({ nodeNo: 102 })] as const;
    introduce(pair);
    return pair;
  }

  /** Lets virtual time pass until something has come of it in Redis. */
  passingUntil(what: string, isTrue: () => Promise<boolean>, stepMs = 1_000): Promise<void> {
    return until(what, async () => {
      await this.clock.advance(stepMs);
      return isTrue();
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.stop()));
  }
}

/** Ids of the sessions of `APP`, as a node lists them. */
export async function listedBy({ registry }: RegistryNode): Promise<readonly string[]> {
  const { sessions } = await registry.listSessions(APP, { limit: undefined, cursor: undefined });
  return sessions.map(({ sessionId }) => sessionId);
}

/** What tests of one block share, and what each of them has of its own. */
export interface RegistryScene {
  readonly link: IoredisLink;
  readonly lab: RegistryLab;
}

/**
 * Prepares one Redis for a block of tests, empties it before each, and creates a lab on it. The scene is valid while a test runs.
 *
 * @param start starts that Redis
 */
export function useRegistryLab(start: () => Promise<RedisUnderTest>): RegistryScene {
  let redis: RedisUnderTest;
  const scene = {} as { link: IoredisLink; lab: RegistryLab };

  beforeAll(async () => {
    redis = await start();
    scene.link = await redis.connect();
  });

  beforeEach(async () => {
    await scene.link.send(['FLUSHALL']);
    scene.lab = new RegistryLab(scene.link);
  });

  afterEach(() => scene.lab.stop());

  afterAll(() => redis.stop());

  return scene;
}
