import type { ReportBlock } from '@causeway/wire';
import { ReportedNumbers } from '../../src/subscriber/stream-reports.ts';

interface Moment {
  readonly highest: number;
  readonly sent: number;
  readonly lost?: number;
  readonly resent?: number;
}

function verdictOf(...moments: readonly Moment[]): string {
  const numbers = new ReportedNumbers();
  for (const { highest, sent, lost = 0, resent = 0 } of moments) {
    const report = { ssrc: 1, fractionLost: 0, jitterTicks: 0, lastSenderReport: 0, delaySinceLastSenderReport: 0 };
    const block: ReportBlock = { ...report, extendedHighestSeq: highest, cumulativeLost: lost };
    numbers.note(block, { packetsSent: sent, packetsResent: resent });
  }
  return numbers.verdict;
}

const FIRST: Moment = { highest: 1_000, sent: 10 };

test.each<[what: string, verdict: string, last: Moment]>([
  ['all that was counted arrived', 'agrees', { highest: 51_000, sent: 50_010 }],
  ['a tenth of it was lost on the path', 'agrees', { highest: 51_000, sent: 50_010, lost: 5_000 }],
  ['the publisher lost a tenth, which left gaps in the numbers', 'agrees', { highest: 51_000, sent: 45_010, lost: 5_000 }],
  ['a hundred packets are in flight', 'agrees', { highest: 50_900, sent: 50_010 }],
  ['repetitions arrived under the same numbers', 'agrees', { highest: 51_000, sent: 45_010, lost: 0, resent: 5_000 }],
  ['there were too few packets', 'unjudged', { highest: 2_000, sent: 10_009 }],
  ['one packet in a hundred was counted twice', 'deviates', { highest: 51_000, sent: 50_510 }],
  ['one packet in a hundred was not counted', 'deviates', { highest: 51_000, sent: 49_510 }],
  ['the receiver says that it has received nearly everything that exists', 'deviates', { highest: 4_000_000_000, sent: 50_010 }],
])('when %s, the verdict is %s', (_what, verdict, last) => {
  expect(verdictOf(FIRST, last)).toBe(verdict);
});

test('there is no verdict without reports, or with one alone', () => {
  expect(verdictOf()).toBe('unjudged');
  expect(verdictOf({ highest: 90_000, sent: 90_000 })).toBe('unjudged');
});

test('a receiver that numbers from the beginning again is compared from there on', () => {
  const before = { highest: 200_000, sent: 199_010 };

  expect(verdictOf(FIRST, before, { highest: 3_000, sent: 202_000 })).toBe('unjudged');
  expect(verdictOf(FIRST, before, { highest: 3_000, sent: 202_000 }, { highest: 23_000, sent: 222_000 })).toBe('agrees');
});

test('while nothing arrives, what is sent into the void is no contradiction', () => {
  const before = { highest: 51_000, sent: 50_010 };

  expect(verdictOf(FIRST, before, { ...before, sent: 60_000 })).toBe('agrees');
  expect(verdictOf(FIRST, before, { ...before, sent: 60_000 }, { highest: 61_000, sent: 60_010, lost: 9_900 })).toBe('agrees');
});
