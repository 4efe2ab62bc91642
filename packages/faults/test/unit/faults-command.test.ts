import { atMost, exactly, hasHeld, type Outcome, readFaultsOptions, SCENARIOS, writeShownDocument } from '@causeway/faults';

const [scenario] = SCENARIOS;

function outcome(change: Partial<Outcome>): Outcome {
  return { scenario: scenario!, findings: [atMost('gap', 12.3456, 20, ' ms')], seconds: 3, ...change };
}

describe('scripts/faults', () => {
  it('runs everything, wholly, unless it is told otherwise', () => {
    expect(readFaultsOptions([])).toMatchObject({ scenarios: SCENARIOS, thoroughness: 'whole', seed: 1 });
    expect(readFaultsOptions(['herd', '--short', '--seed', '7'])).toMatchObject({ thoroughness: 'short', seed: 7 });
  });

  it.each([
    [['gremlins'], 'There is no scenario "gremlins"'],
    [['--seed', 'x'], '--seed takes a whole number from 0, not "x"'],
  ])('refuses %j', (commandLine, message) => {
    expect(() => readFaultsOptions(commandLine)).toThrow(message);
  });

  it('has a scenario for every line of the fault list that is about clusters', () => {
    const covered = new Set(SCENARIOS.flatMap(({ covers }) => covers));
    const wanted = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 17, 18, 19, 20, 21, 22].map((line) => `F${line}`);

    expect(wanted.filter((line) => !covered.has(line))).toEqual([]);
  });

  it('has a name of its own for every scenario', () => {
    expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length);
  });
});

describe('the outcome of a scenario', () => {
  it('has held when everything was found as wanted', () => {
    expect(hasHeld(outcome({}))).toBe(true);
    expect(hasHeld(outcome({ findings: [atMost('gap', 21, 20)] }))).toBe(false);
  });

  it('has not held when nothing was found, or it could not be run', () => {
    expect(hasHeld(outcome({ findings: [] }))).toBe(false);
    expect(hasHeld(outcome({ failure: 'no Redis' }))).toBe(false);
  });

  it('calls a time that never came what it is', () => {
    expect(atMost('told', Number.POSITIVE_INFINITY, 6_000, ' ms')).toMatchObject({ seen: 'never', isMet: false });
  });

  it('is a table in the document, with what did not hold in bold', () => {
    const outcomes = [outcome({ findings: [exactly('lost', 3, 0)] })];
    const text = writeShownDocument({ outcomes, date: '2026-11-24', machine: '2 cores', command: 'scripts/faults' });

    expect(text).toContain('0 of 1 scenarios held');
    expect(text).toContain('| lost | 3 | 0 | **no** |');
  });
});
