import type { NodeDirectory, Registry } from '@causeway/sfu';
import type { LivingNodes } from '../nodes/living-nodes.ts';
import type { RedisLink } from '../redis/redis-link.ts';
import type { Timers } from '../time/cluster-clock.ts';
import { AppHistory } from './app-history.ts';
import { OwnRecords } from './own-records.ts';
import { RedisRegistry } from './redis-registry.ts';
import { createRegistryScripts } from './registry-scripts.ts';
import { Restorer } from './restorer.ts';
import { SessionLookup } from './session-lookup.ts';
import { SessionPages } from './session-pages.ts';
import { SessionWriter } from './session-writer.ts';
import { Sweeper } from './sweeper.ts';

export interface ClusterRegistryOptions {
  readonly link: RedisLink;
  /** Contains this node, whose epoch does not change. */
  readonly directory: Pick<NodeDirectory, 'self' | 'find'>;
  readonly living: LivingNodes;
  readonly timers: Timers;
  /** Calls back after all look-ups of the current turn have been requested. Default: `process.nextTick`. */
  readonly nextTurn?: ((callback: () => void) => void) | undefined;
  readonly onRestored: (appId: string, sessions: number) => void;
  readonly onSwept: (life: { readonly nodeNo: number; readonly epoch: number }, sessions: number) => void;
}

export interface ClusterRegistry {
  readonly registry: Registry;
  /** The number of sessions whose records in Redis are out of date, or may be. */
  readonly outstanding: number;
  /** Compares everything again, because other nodes may have removed this node's records or Redis may have lost them. */
  noteRevived(): void;
  /** Stops comparing and sweeping. Writes in progress are completed. */
  stop(): Promise<void>;
}

/** Creates a registry in Redis and the tasks that keep it correct, which start at once. */
export function createClusterRegistry(options: ClusterRegistryOptions): ClusterRegistry {
  const { link, directory, living, timers } = options;
  const { nodeNo, epoch } = directory.self;
  const life = { nodeNo, epoch };
  const scripts = createRegistryScripts(link);
  const own = new OwnRecords();
  const histories = new Map<string, AppHistory>();
  let revision = 0;
  const historyOf = (appId: string): AppHistory => {
    const history = histories.get(appId) ?? new AppHistory(() => ++revision);
    histories.set(appId, history);
    return history;
  };
  const onUnconfirmed = (appId: string, sessionId: string): void => restorer.noteUnconfirmed(appId, sessionId);
  const writer = new SessionWriter({ life, scripts, own, historyOf, onUnconfirmed });
  const restorer: Restorer = new Restorer({ life, scripts, own, writer, histories, timers, onRestored: options.onRestored });
  const sweeper = new Sweeper({ self: life, scripts, living, timers, onSwept: options.onSwept });
  const lookup = new SessionLookup(link, living, options.nextTurn);
  const pages = new SessionPages({ link, living, onRemains: (remains, appId) => sweeper.noteRemains(remains, appId) });
  const stopListening = link.onReady(() => restorer.hurry());
  restorer.start();
  sweeper.start();
  return {
    registry: new RedisRegistry({ own, writer, lookup, pages, selfNo: nodeNo }),
    get outstanding() {
      return restorer.outstanding;
    },
    noteRevived() {
      writer.forgetRegistrations();
      for (const history of histories.values()) history.noteLoss();
      restorer.hurry();
    },
    async stop() {
      stopListening();
      await Promise.all([restorer.stop(), sweeper.stop()]);
      await writer.settled();
    },
  };
}
