import { mkdir } from 'node:fs/promises';
import type { Cluster } from '@causeway/cluster';
import { createNodeClock } from '@causeway/sfu';
import type { Config } from '../config/load-config.ts';
import { OPTIONS } from '../config/options.ts';
import { ConfigError } from '../config/start-error.ts';
import { EventDesk } from '../events/event-desk.ts';
import { type EventStore, openEventStore } from '../events/event-store.ts';
import type { Logger } from '../logging/logger.ts';

/** The events of a node, and the store on disk, which is undefined without a folder; only cluster nodes have one. */
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

/** Shares the events with other nodes. @param cluster undefined on a standalone node */
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
    // A separate clock is used, because the timers of the SFU's clock are counted to find leaks.
    clock: createNodeClock(),
    logNowMs: () => cluster.redisNowMs(),
    onDefect: (error) => logger.log('error', 'events could not be sent to other nodes', { error }),
  });
}

/** A node can work without the store if its disk is full; a folder that does not exist is a configuration error. */
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
