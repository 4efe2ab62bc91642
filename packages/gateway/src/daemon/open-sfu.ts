import { checkMediaPort, createSfu, type Sfu, type SfuOptions } from '@causeway/sfu';
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
      ...mediaPortOf(config),
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
    });
  } catch (error) {
    throw explainListenFailure(error, 'UDP', udpPort, OPTIONS.udpPort);
  }
}

/**
 * Checks that the UDP port can be opened later.
 *
 * @throws ConfigError – it cannot
 */
export async function checkUdpPort(config: Config): Promise<void> {
  try {
    await checkMediaPort(mediaPortOf(config));
  } catch (error) {
    throw explainListenFailure(error, 'UDP', config.udpPort, OPTIONS.udpPort);
  }
}

/** `::` includes IPv4, as for the HTTP server. */
function mediaPortOf({ udpPort, listenAddress, announcedAddresses }: Config) {
  return { udpPort, announcedAddresses, ...(listenAddress === undefined || listenAddress === '::' ? {} : { listenAddress }) };
}

function boundsOfAllApps(config: Config) {
  return appBoundsOf({
    maxSessions: config.maxSessionsPerApp,
    maxUnconnectedSessions: config.maxUnconnectedSessionsPerApp,
    maxTracks: config.maxTracksPerApp,
    maxEgressMbps: config.maxEgressMbpsPerApp,
  });
}
