/** What must be right however long it takes, so that other tests may run beside it; `scripts/faults` runs all scenarios. */
import { scenarioHolds } from '../support/scenario-holds.ts';

jest.setTimeout(180_000);

describe('a cluster of three regions', () => {
  it.each(['owner-dies'])('holds: %s', scenarioHolds);
});
