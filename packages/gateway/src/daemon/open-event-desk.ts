import { mkdir } from 'node:fs/promises';
import type { Cluster } from '@causeway/cluster';
import { createNodeClock } from '@causeway/sfu';
import type { Config } from '../config/load-config.ts';
import { OPTIONS } from '../config/options.ts';
import { ConfigError } from '../config/start-error.ts';
import { EventDesk } from '../events/event-desk.ts';
import { type EventStore, openEventStore } from '../events/event-store.ts';
import type { Logger } from '../logging/logger.ts';

/** The events of a node, and where they are kept: undefined without a folder, which only a node of a cluster has. */
export interface OpenedEvents {
  readonly events: EventDesk;
  readonly store: EventStore | undefined;
}

/** @throws ConfigError – the folder cannot be used */
export async function openEventDesk(
  config: Pick<Config, 'nodeNumber' | 'maxEventStreamsPerApp' | 'usageFolder'>,
  logger: Logger,
): Promise<OpenedEvents> {
  const { nodeNumber, maxEventStreamsPerApp, usageFolder } = config;
  const store = usageFolder === undefined ? undefined : await openStore(usageFolder, nodeNumber, logger);
  const events = new EventDesk({
    nodeNo: nodeNumber,
    maxStreamsPerApp: maxEventStreamsPerApp,
    ...(store !== undefined && { store }),
  });
  return { events, store };
}

/** Once it is known whether there are other nodes. @param cluster undefined on a standalone node */
export function shareEvents(
  events: EventDesk,
  store: EventStore | undefined,
  cluster: Pick<Cluster, 'directory' | 'eventLog' | 'redisNowMs'> | undefined,
  logger: Logger,
): void {
  if (cluster === undefined) return;
  const { nodeNo, epoch } = cluster.directory.self;
  store?.begin(epoch);
  events.share({
    log: cluster.eventLog,
    life: { nodeNo, epoch },
    // Of its own, since the timers of the SFU's are counted to find leaks.
    clock: createNodeClock(),
    logNowMs: () => cluster.redisNowMs(),
    onDefect: (error) => logger.log('error', 'events could not be told to other nodes', { error }),
  });
}

/** A node whose disk is full can do without; one whose folder is not there was told the wrong one. */
async function openStore(folder: string, nodeNo: number, logger: Logger): Promise<EventStore | undefined> {
  const onFailure = (error: unknown) =>
    logger.log('error', 'events are not kept on disk; if this node dies now, the last ones are lost', { error });
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new ConfigError(`${OPTIONS.usageFolder.variable}: ${folder} cannot be used: ${(error as Error).message}`);
  }
  return openEventStore({ folder, nodeNo, wallClock: Date.now, onFailure }).catch((error: unknown) => {
    onFailure(error);
    return undefined;
  });
}
