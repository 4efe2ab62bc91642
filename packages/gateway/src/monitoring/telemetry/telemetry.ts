import type { OtlpConfig } from '../../config/otlp-config.ts';
import type { Tracer } from '../../http/trace-context.ts';
import type { NodeInspection } from '../inspect-node.ts';

export interface TelemetryOptions {
  readonly config: OtlpConfig;
  readonly region: string;
  readonly nodeNo: number;
  /** @throws Error – the node cannot be inspected */
  readonly inspect: () => Promise<NodeInspection>;
  /** Called for each export that failed. */
  readonly onFailure: (error: unknown) => void;
}

/** What a node exports to an OpenTelemetry collector. */
export interface Telemetry {
  /** Undefined if traces are not exported. */
  readonly tracer: Tracer | undefined;
  /** Exports what is left, and stops. Resolves after a few seconds at most, even if the collector does not answer. */
  close(): Promise<void>;
}
