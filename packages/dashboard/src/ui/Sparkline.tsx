import { HISTORY_LENGTH, type ReadingHistory, sparklinePoints } from '../stats/reading-history.ts';

const WIDTH = HISTORY_LENGTH * 4;
const HEIGHT = 24;

/** The last minute of a figure, newest at the right. */
export function Sparkline({ history }: { readonly history: ReadingHistory }) {
  const points = sparklinePoints(history, WIDTH, HEIGHT - 1);
  const begin = points.slice(0, points.indexOf(','));
  return (
    <svg className="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {points !== '' && (
        <>
          <polygon points={`${begin},${HEIGHT} ${points} ${WIDTH},${HEIGHT}`} />
          <polyline points={points} />
        </>
      )}
    </svg>
  );
}
