/**
 * Clusters of real processes, and single nodes in a network of their own, that are broken on purpose; `scripts/faults` runs all of it, and
 * longer. They count lost packets and late frames, so nothing runs beside them.
 */
import { scenarioHolds } from '../support/scenario-holds.ts';

jest.setTimeout(120_000);

/** One of each kind; `owner-dies` runs beside other tests. */
const CLUSTER_NAMES = ['one-copy', 'data-regions', 'link-loss', 'kill-region', 'bill-journal', 'redis-frozen', 'rolling-restart', 'forged'];
/** The most telling ones, in about a minute and a half. */
const EDGE_NAMES = ['forged-storm', 'full-uplink-2', 'no-descriptors', 'refused-sends'];

describe.each([
  ['a cluster of three regions', CLUSTER_NAMES],
  ['a node in a network of its own', EDGE_NAMES],
])('%s', (_where, names) => {
  it.each(names)('holds: %s', scenarioHolds);
});
