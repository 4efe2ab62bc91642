/** Clusters of real processes that are broken on purpose; `scripts/faults` runs all of it, and longer. */
import { hasHeld, runScenario, SCENARIOS } from '@causeway/faults';

jest.setTimeout(120_000);

/** Of each kind one, so that all of it takes about three minutes. */
const NAMES = [
  'one-copy',
  'link-loss',
  'kill-region',
  'bill-journal',
  'redis-frozen',
  'redis-flushed',
  'owner-dies',
  'rolling-restart',
  'forged',
];

describe('a cluster of three regions', () => {
  it.each(SCENARIOS.filter(({ name }) => NAMES.includes(name)).map((scenario) => [scenario.name, scenario] as const))(
    'holds: %s',
    async (_name, scenario) => {
      const outcome = await runScenario(scenario, { thoroughness: 'short', seed: 1, note: () => {} });

      expect(outcome.failure).toBeUndefined();
      expect(outcome.findings.filter(({ isMet }) => !isMet)).toEqual([]);
      expect(hasHeld(outcome)).toBe(true);
    },
  );
});
