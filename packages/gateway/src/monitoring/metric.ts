import type { NodeInspection } from './inspect-node.ts';

export interface MetricSample {
  /** One value for each of the metric's labels, in their order. */
  readonly labels: readonly string[];
  readonly value: number;
}

/** One time series, or several that differ in their labels, as Prometheus sees them. */
export interface Metric {
  readonly name: `${'causeway' | 'process' | 'nodejs'}_${string}`;
  /** A counter only goes up while the process lives. */
  readonly type: 'counter' | 'gauge';
  readonly labels: readonly string[];
  readonly help: string;
  read(inspection: NodeInspection): readonly MetricSample[];
}
