import type { CallAssertion } from '@causeway/accounts';
import { ReplayWindow } from '../../src/forwarding/assertion-desk.ts';

function assertion(assertionId: string, issuedAtMs: number, from = { nodeNo: 1, epoch: 1 }): CallAssertion {
  return { assertionId, issuedAtMs, from } as CallAssertion;
}

test('each is good once, in any order within thirty seconds of the newest', () => {
  const window = new ReplayWindow();

  expect(['c', 'a', 'b'].map((id, index) => window.admit(assertion(id, [60_000, 30_000, 45_000][index] ?? 0)))).toEqual([true, true, true]);
  expect(['a', 'b', 'c'].map((id) => window.admit(assertion(id, 60_000)))).toEqual([false, false, false]);
  expect(window.admit(assertion('d', 29_999))).toBe(false);
});

test('nodes do not share a clock, nor ids', () => {
  const window = new ReplayWindow();

  expect(window.admit(assertion('a', 9_000_000, { nodeNo: 1, epoch: 1 }))).toBe(true);
  expect(window.admit(assertion('a', 1, { nodeNo: 2, epoch: 1 }))).toBe(true);
});

test('a new life of a node begins with a clock of its own, and ends the old one', () => {
  const window = new ReplayWindow();
  window.admit(assertion('a', 9_000_000, { nodeNo: 1, epoch: 1 }));

  expect(window.admit(assertion('b', 1, { nodeNo: 1, epoch: 2 }))).toBe(true);
  expect(window.admit(assertion('c', 9_000_001, { nodeNo: 1, epoch: 1 }))).toBe(false);
});

test('an assertion that was forgotten for lack of room does not count as new', () => {
  const window = new ReplayWindow();
  for (let index = 0; index <= 100_000; index++) window.admit(assertion(`id-${index}`, 1_000 + index / 100_000));

  expect(window.admit(assertion('id-0', 1_000))).toBe(false);
  expect(window.admit(assertion('id-100000', 1_001))).toBe(false);
  expect(window.admit(assertion('new', 1_001))).toBe(true);
});
