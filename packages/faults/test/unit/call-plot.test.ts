import { panelsOf } from '../../src/quality/call-plot.ts';
import type { PathSample } from '../../src/quality/path-samples.ts';

const FROM_MS = 1_000_000;

function sample(afterMs: number, values: Partial<PathSample> = {}): PathSample {
  return { atMs: FROM_MS + afterMs, estimateBps: 900_000, deliveredBps: 800_000, capacityBps: 1_000_000, queueMs: 12, ...values };
}

test('what is not known, or not limited, leaves a hole in its line', () => {
  const samples = [sample(0, { estimateBps: 0, capacityBps: Number.POSITIVE_INFINITY }), sample(250)];

  const [bitrates, queue] = panelsOf({ title: '', samples, frames: [] });

  expect(bitrates?.seconds).toEqual([0, 0.25]);
  expect(bitrates?.series.map(({ label, values }) => [label, values])).toEqual([
    ['capacity', [null, 1000]],
    ['estimate', [null, 900]],
    ['delivered', [800, 800]],
  ]);
  expect(queue?.series[0]?.values).toEqual([12, 12]);
});

test('frames are drawn on the same time as samples, from the first sample on', () => {
  const frames = [-40, 0, 40, 640].map((afterMs) => ({ atMs: FROM_MS + afterMs, height: afterMs < 100 ? 540 : 135 }));

  const [, , gaps, heights] = panelsOf({ title: '', samples: [sample(0)], frames });

  expect(gaps?.seconds).toEqual([0, 0.04, 0.64]);
  expect(gaps?.series[0]?.values).toEqual([0, 40, 600]);
  expect(heights?.series[0]?.values).toEqual([540, 540, 135]);
});
