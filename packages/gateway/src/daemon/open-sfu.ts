import { createSfu, type Sfu, type SfuOptions } from '@causeway/sfu';
import type { Config } from '../config/load-config.ts';
import { OPTIONS } from '../config/options.ts';
import { appBoundsOf } from '../limits/app-bounds.ts';
import { explainListenFailure } from './start-failure.ts';

const BYTES_PER_MB = 1024 * 1024;
/** A megabit is a million bits. */
const BYTES_PER_MEGABIT = 125_000;

/**
 * Opens the UDP port.
 *
 * @throws ConfigError – the port cannot be opened; whatever `joinCluster` throws
 */
export async function openSfu(
  config: Config,
  hooks: Pick<SfuOptions, 'joinCluster' | 'onDefect' | 'onEvent' | 'onShardLost'>,
): Promise<Sfu> {
  const {
    udpPort,
    listenAddress,
    announcedAddresses,
    nodeNumber,
    workers,
    workerFillPercent,
    maxSessions,
    maxEventLoopDelayMs,
    maxMemoryMb,
    maxDataMbpsPerSession,
    maxDataMessagesPerSecondPerSession,
  } = config;
  try {
    return await createSfu({
      udpPort,
      announcedAddresses,
      nodeNo: nodeNumber,
      workers,
      workerFillShare: workerFillPercent / 100,
      overload: { maxSessions, maxEventLoopDelayMs },
      limits: {
        data: { messagesPerSecond: maxDataMessagesPerSecondPerSession, bytesPerSecond: maxDataMbpsPerSession * BYTES_PER_MEGABIT },
      },
      appBounds: boundsOfAllApps(config),
      ...hooks,
      ...(maxMemoryMb === undefined ? {} : { maxMemoryBytes: maxMemoryMb * BYTES_PER_MB }),
      // `::` includes IPv4, as for the HTTP server.
      ...(listenAddress === undefined || listenAddress === '::' ? {} : { listenAddress }),
    });
  } catch (error) {
    throw explainListenFailure(error, 'UDP', udpPort, OPTIONS.udpPort);
  }
}

function boundsOfAllApps(config: Config) {
  return appBoundsOf({
    maxSessions: config.maxSessionsPerApp,
    maxUnconnectedSessions: config.maxUnconnectedSessionsPerApp,
    maxTracks: config.maxTracksPerApp,
    maxEgressMbps: config.maxEgressMbpsPerApp,
  });
}
