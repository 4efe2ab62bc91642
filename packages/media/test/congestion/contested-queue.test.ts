/** Whether the queue that our packets wait in belongs to others, and what is ours of it. */
import { Competition } from '../../src/congestion/delay/competition.ts';

const REPORT_MS = 100;
const RTT_MS = 300;

interface Reports {
  readonly queueMs: (nowMs: number) => number;
  readonly lossEveryMs?: number;
  readonly isDecreasing?: boolean;
  readonly isApplicationLimited?: boolean;
  readonly arrivingBps?: (nowMs: number) => number;
}

class Contest {
  readonly competition = new Competition();
  nowMs = 0;

  reportFor(durationMs: number, reports: Reports): boolean {
    const {
      queueMs,
      lossEveryMs = Number.POSITIVE_INFINITY,
      isDecreasing = false,
      isApplicationLimited = false,
      arrivingBps = () => 150_000,
    } = reports;
    const untilMs = this.nowMs + durationMs;
    for (; this.nowMs < untilMs; this.nowMs += REPORT_MS) {
      const lost = this.nowMs > 0 && this.nowMs % lossEveryMs === 0 ? 1 : 0;
      const measured = { queueMs: queueMs(this.nowMs), arrivingBps: arrivingBps(this.nowMs) };
      this.competition.update(this.nowMs, { ...measured, lost, isDecreasing, isApplicationLimited });
    }
    return this.competition.isPresent;
  }
}

const DOWNLOAD: Reports = { queueMs: () => 250, lossEveryMs: 2000, isDecreasing: true };

test('a queue that overflows and does not shrink, although less is sent, belongs to others', () => {
  expect(new Contest().reportFor(6000, DOWNLOAD)).toBe(true);
});

test.each<[string, Reports]>([
  ['shrinks', { ...DOWNLOAD, queueMs: (nowMs) => 300 * 0.8 ** (nowMs / 1000) }],
  ['is very short', { ...DOWNLOAD, queueMs: () => 15 }],
  ['drains again and again', { ...DOWNLOAD, queueMs: (nowMs) => (nowMs % 2500) / 25 }],
  ['grows while less is sent than fits', { queueMs: (nowMs) => 25 + nowMs / 150, isApplicationLimited: true }],
  ['stays while more and more is sent', { queueMs: () => 30, arrivingBps: (nowMs) => 150_000 * 1.2 ** (nowMs / 1000) }],
])('one that %s does not', (_, reports) => {
  expect(new Contest().reportFor(9000, reports)).toBe(false);
});

test('a short queue that neither drains nor grows belongs to others, without any loss', () => {
  const steady = { queueMs: (nowMs: number) => 38 + (nowMs % 700) / 100, arrivingBps: () => 600_000 };

  expect(new Contest().reportFor(4500, steady)).toBe(true);
  expect(new Contest().reportFor(3500, steady)).toBe(false);
  // On so slow a path, one packet of ours that waits for another takes longer. If less is sent than fits, it waits for none of ours.
  const slow = { ...steady, arrivingBps: () => 300_000 };
  expect(new Contest().reportFor(4500, slow)).toBe(false);
  expect(new Contest().reportFor(4500, { ...slow, isApplicationLimited: true })).toBe(true);
});

test('a queue of peers, which is as long as before now and then, does not stand', () => {
  const swinging = { queueMs: (nowMs: number) => (nowMs < 2000 ? 25 : 60) + 30 * (nowMs % 1500 === 0 ? 1 : 0) };

  expect(new Contest().reportFor(4500, swinging)).toBe(false);
});

test('overflows at a rate that is no higher than at the first of them belong to others, even if the queue seems to drain in between', () => {
  const overflowing = { queueMs: (nowMs: number) => (nowMs % 7000 < 3000 ? 5 : 60), lossEveryMs: 6900 };

  expect(new Contest().reportFor(15_000, overflowing)).toBe(false);
  expect(new Contest().reportFor(20_900, overflowing)).toBe(true);
  expect(new Contest().reportFor(20_900, { ...overflowing, arrivingBps: (nowMs) => 150_000 * 1.3 ** (nowMs / 7000) })).toBe(false);
});

test('a peer that has only seen overflows does not take a short queue for an empty one at once', () => {
  const contest = new Contest();
  contest.reportFor(20_900, { queueMs: (nowMs) => (nowMs % 7000 < 3000 ? 5 : 60), lossEveryMs: 6900 });

  expect(contest.reportFor(2500, { queueMs: () => 10 })).toBe(true);
  expect(contest.reportFor(1000, { queueMs: () => 10 })).toBe(false);
});

test('a queue that stays although far less is sent belongs to others, even if none of our few packets was lost', () => {
  const unanswered = { queueMs: () => 250, isDecreasing: true, arrivingBps: (nowMs: number) => 140_000 * 0.6 ** Math.floor(nowMs / 2500) };

  expect(new Contest().reportFor(8000, unanswered)).toBe(true);
  expect(new Contest().reportFor(8000, { ...unanswered, arrivingBps: () => 140_000 })).toBe(false);
});

test('it ends when the queue has been empty for longer than a download leaves it', () => {
  const contest = new Contest();
  contest.reportFor(6000, DOWNLOAD);

  expect(contest.reportFor(500, { queueMs: () => 0 })).toBe(true);
  expect(contest.reportFor(500, DOWNLOAD)).toBe(true);
  expect(contest.reportFor(900, { queueMs: () => 0 })).toBe(false);
});

test('the share starts with what arrives, but with no less than a picture needs, and grows without losses', () => {
  const { competition } = new Contest();

  expect(competition.share(0, 50_000, 0, RTT_MS)).toBeCloseTo(150_000, -3);
  for (let nowMs = REPORT_MS; nowMs < 15_000; nowMs += REPORT_MS) competition.share(nowMs, 150_000, 0, RTT_MS);
  expect(competition.share(15_000, 150_000, 0, RTT_MS)).toBeGreaterThan(600_000);
});

test('a layer that is sent is held a little above the share, and no more than that', () => {
  const { competition } = new Contest();
  // The first examination is over after this time.
  for (let nowMs = 0; nowMs < 2000; nowMs += REPORT_MS) competition.share(nowMs, 600_000, 0, RTT_MS);

  const fairBps = competition.share(2000, 100_000, 0, RTT_MS);
  expect(competition.share(2000 + REPORT_MS, 1.2 * fairBps, 0, RTT_MS) / fairBps).toBeCloseTo(1.32, 1);
  expect(competition.share(2000 + 2 * REPORT_MS, 3 * fairBps, 0, RTT_MS) / fairBps).toBeLessThan(1.5);
});

test('peers that use most of their share all send less at the same moment, and only those', () => {
  const shareAt = (nowMs: number, ofShare: number): number => {
    const { competition } = new Contest();
    competition.share(16_000, 1_000_000, 0, RTT_MS);
    for (let atMs = 16_000 + REPORT_MS; atMs < nowMs; atMs += REPORT_MS) competition.share(atMs, ofShare * 1_000_000, 0, RTT_MS);
    return competition.share(nowMs, ofShare * 1_000_000, 0, RTT_MS);
  };

  // Each of them does so at once when it finds competition, and then whenever all do.
  expect(shareAt(17_500, 1)).toBeLessThan(0.85 * shareAt(19_900, 1));
  expect(shareAt(20_500, 1)).toBeLessThan(0.85 * shareAt(19_900, 1));
  expect(shareAt(20_500, 0.85)).toBeLessThan(0.85 * shareAt(19_900, 0.85));
  expect(shareAt(22_500, 1)).toBeGreaterThan(0.95 * shareAt(19_900, 1));
  expect(shareAt(20_500, 0.5)).toBeGreaterThanOrEqual(shareAt(19_900, 0.5));
});

test('a peer that sees a queue at that moment sends less as well, without competing, and does not probe', () => {
  const restrainedAt = (nowMs: number, queueMs: number, isUsed = true) => {
    const { competition } = new Contest();
    let rateBps = 0;
    for (let atMs = 19_000; atMs <= nowMs; atMs += REPORT_MS) rateBps = competition.restrain(atMs, queueMs, 1_000_000, isUsed);
    return { rateBps, isExamining: competition.isExamining(nowMs) };
  };

  expect(restrainedAt(20_500, 120)).toEqual({ rateBps: 700_000, isExamining: true });
  expect(restrainedAt(22_000, 120)).toEqual({ rateBps: 1_000_000, isExamining: false });
  expect(restrainedAt(20_500, 50)).toEqual({ rateBps: 1_000_000, isExamining: false });
  expect(restrainedAt(20_500, 120, false)).toEqual({ rateBps: 1_000_000, isExamining: false });
});
