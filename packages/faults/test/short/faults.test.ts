/** Clusters of real processes, and single nodes in a network of their own, that are broken on purpose; `scripts/faults` runs all of it, and longer. */
import { hasHeld, runScenario, SCENARIOS } from '@causeway/faults';

jest.setTimeout(120_000);

/** One of each kind, so that all of it takes about three and a half minutes. */
const CLUSTER_NAMES = [
  'one-copy',
  'data-regions',
  'link-loss',
  'kill-region',
  'bill-journal',
  'redis-frozen',
  'owner-dies',
  'rolling-restart',
  'forged',
];
/** The most telling ones, in about a minute and a half. */
const EDGE_NAMES = ['forged-storm', 'full-uplink-2', 'no-descriptors', 'refused-sends'];

describe.each([
  ['a cluster of three regions', CLUSTER_NAMES],
  ['a node in a network of its own', EDGE_NAMES],
])('%s', (_where, names) => {
  it.each(names)('holds: %s', async (wanted) => {
    const scenario = SCENARIOS.find(({ name }) => name === wanted);
    if (scenario === undefined) throw new Error(`There is no scenario ${wanted}`);
    const notes: string[] = [];
    const outcome = await runScenario(scenario, { thoroughness: 'short', seed: 1, note: (text) => notes.push(text) });

    expect([outcome.failure, outcome.failure && notes]).toEqual([undefined, undefined]);
    expect(outcome.findings.filter(({ isMet }) => !isMet)).toEqual([]);
    expect(hasHeld(outcome)).toBe(true);
  });
});
