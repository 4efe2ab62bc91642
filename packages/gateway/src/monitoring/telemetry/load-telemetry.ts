import type { Config } from '../../config/load-config.ts';
import type { Logger } from '../../logging/logger.ts';
import type { NodeInspection } from '../inspect-node.ts';
import type { Telemetry } from './telemetry.ts';

/** Limits the warnings about a collector that cannot be reached, which would otherwise fill the log. */
const WARNING_INTERVAL_MS = 60_000;

/**
 * Loads OpenTelemetry only if it is asked for, because loading delays the start and takes memory (docs/adr/0037).
 *
 * @returns undefined if nothing is exported
 */
export async function openTelemetry(
  { otlp, region, nodeNumber }: Pick<Config, 'otlp' | 'region' | 'nodeNumber'>,
  inspect: () => Promise<NodeInspection>,
  logger: Logger,
): Promise<Telemetry | undefined> {
  if (otlp === undefined) return undefined;
  let warnedAtMs = Number.NEGATIVE_INFINITY;
  const onFailure = (error: unknown): void => {
    if (performance.now() - warnedAtMs < WARNING_INTERVAL_MS) return;
    warnedAtMs = performance.now();
    logger.log('warn', 'metrics or traces were not exported', { error: error instanceof Error ? error.message : String(error) });
  };
  const { createTelemetry } = await import('./open-telemetry.ts');
  return createTelemetry({ config: otlp, region, nodeNo: nodeNumber, inspect, onFailure });
}
