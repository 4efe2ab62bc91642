import type { ForwardingSample } from '../src/measure/forwarding-window.ts';
import { formatForwarding, ratiosByRound } from '../src/report/forwarding-report.ts';

const sample = (microsPerPacket: number, changes: Partial<ForwardingSample> = {}): ForwardingSample => ({
  cpuMicros: microsPerPacket * 1000,
  partsMicros: [],
  forwarded: 1000,
  lost: 0,
  duplicates: 0,
  checked: 0,
  corrupted: 0,
  latenciesMs: [],
  ...changes,
});

describe('ratiosByRound', () => {
  test('compares what was measured in the same round, so that drift of the machine cancels', () => {
    const floor = [sample(4), sample(8)];
    const causeway = [sample(6), sample(12)];

    expect(ratiosByRound(causeway, floor)).toEqual([1.5, 1.5]);
  });

  test('compares with nobody who was not there', () => {
    expect(ratiosByRound([sample(6)], [])).toEqual([]);
  });
});

describe('formatForwarding', () => {
  test('shows medians with ranges, sums of packets, and a dash where there is no figure', () => {
    const report = formatForwarding({
      subscribers: 50,
      samples: new Map([
        ['floor', [sample(4), sample(8)]],
        [
          'causeway',
          [sample(6, { lost: 2, checked: 20, latenciesMs: [1, 2] }), sample(12, { checked: 20, corrupted: 1, latenciesMs: [3] })],
        ],
      ]),
    });

    const cells = report.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
    expect(cells[0]).toEqual(['N = 50']);
    expect(cells[4]?.slice(1, -1)).toEqual(['floor', '6.0 (4.0-8.0)', '1', '-', '-', '-', '2,000', '0', '0', '-']);
    expect(cells[5]?.slice(1, -1)).toEqual([
      'causeway',
      '9.0 (6.0-12.0)',
      '1.50 (1.50-1.50)',
      '-',
      '2.00 (1.00-3.00)',
      '2.50 (2.00-3.00)',
      '2,000',
      '2',
      '0',
      '1 of 40',
    ]);
  });
});
