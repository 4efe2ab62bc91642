import fc from 'fast-check';
import { EcnCheck } from '../../src/congestion/ecn-check.ts';

const REPORT_EVERY_MS = 100;
const NOTHING = { intact: 0, marked: 0, changed: 0 };

/** Sends ten packets between two reports on them, for as long as they may be ECN-capable. @returns after how many packets that ended */
function play(check: EcnCheck, reports: readonly Partial<typeof NOTHING>[]): number {
  let sent = 0;
  reports.forEach((report, index) => {
    for (let packet = 0; packet < 10 && check.isWanted; packet++) {
      check.noteSent();
      sent++;
    }
    check.take(index * REPORT_EVERY_MS, { ...NOTHING, ...report });
  });
  return sent;
}

const many = (count: number, report: Partial<typeof NOTHING>) => new Array<Partial<typeof NOTHING>>(count).fill(report);

test('a few packets try the path, and no more until a report shows that the field arrives', () => {
  const check = new EcnCheck();

  expect(play(check, many(20, {}))).toBe(10);
  check.take(2000, { ...NOTHING, intact: 6, marked: 1 });

  expect(check.isWanted).toBe(true);
});

test.each([
  ['clears the field', { changed: 10 }],
  ['loses what is ECN-capable', {}],
])('a path that %s from the beginning is only tried', (_, report) => {
  const check = new EcnCheck();

  expect(play(check, many(100, report))).toBe(10);
  expect(check.isWanted).toBe(false);
});

test('a path that begins to clear the field is soon given up, for good', () => {
  const check = new EcnCheck();
  play(check, many(20, { intact: 10 }));

  const sent = play(check, many(20, { changed: 10 }));
  play(check, many(20, { intact: 10 }));

  expect(sent).toBeGreaterThanOrEqual(50);
  expect(sent).toBeLessThanOrEqual(110);
  expect(check.isWanted).toBe(false);
});

test('a path that carries the field of every tenth packet is used', () => {
  const check = new EcnCheck();
  play(check, many(5, { intact: 10 }));

  play(check, many(200, { intact: 1, changed: 9 }));

  expect(check.isWanted).toBe(true);
});

test('a path that marks everything for seconds is given up, and one that marks nearly everything is not', () => {
  const [everything, nearly] = [new EcnCheck(), new EcnCheck()];
  for (const check of [everything, nearly]) play(check, many(5, { intact: 10 }));

  play(everything, many(30, { marked: 10 }));
  const isSoon = everything.isWanted;
  play(everything, many(60, { marked: 10 }));
  play(nearly, many(90, { marked: 9, intact: 1 }));

  expect(isSoon).toBe(true);
  expect(everything.isWanted).toBe(false);
  expect(nearly.isWanted).toBe(true);
});

test('whatever is reported, a check that has failed stays so', () => {
  const count = fc.constantFrom(0, 1, 30, 60, Number.MAX_SAFE_INTEGER, Number.NaN);
  const reports = fc.array(fc.record({ nowMs: fc.nat(100_000), intact: count, marked: count, changed: count }), { maxLength: 40 });
  fc.assert(
    fc.property(reports, (reports) => {
      const check = new EcnCheck();
      play(check, many(10, { intact: 10 }));
      play(check, many(20, { changed: 10 }));
      for (const { nowMs, ...report } of reports) check.take(nowMs, report);
      return !check.isWanted;
    }),
    { seed: 14, numRuns: 100 },
  );
});
