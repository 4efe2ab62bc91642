import { parseFuzzPlan } from '../fuzzing/fuzz-plan.ts';

describe('scripts/fuzz', () => {
  test('runs two million inputs once unless told otherwise', () => {
    expect(parseFuzzPlan([])).toEqual({ seed: 1, inputsPerRound: 2_000_000, durationMs: undefined, findingsOnly: false });
  });

  test('takes a number of inputs, or of seconds, and a seed', () => {
    expect(parseFuzzPlan(['50000'])).toMatchObject({ inputsPerRound: 50_000, durationMs: undefined });
    expect(parseFuzzPlan(['3600s', '77'])).toMatchObject({ seed: 77, durationMs: 3_600_000 });
  });

  test('is told anywhere among them that only findings count', () => {
    expect(parseFuzzPlan(['--findings-only'])).toEqual({ ...parseFuzzPlan([]), findingsOnly: true });
    expect(parseFuzzPlan(['50000', '--findings-only', '77'])).toEqual({ ...parseFuzzPlan(['50000', '77']), findingsOnly: true });
  });

  test.each([[['many']], [['--findings']], [['10m']], [['-1']], [['10', 'x']]])(
    'says what it expected when it is called with %j',
    (words) => {
      expect(() => parseFuzzPlan(words)).toThrow('expected a number of inputs or of seconds');
    },
  );
});
