/** The last minute of one figure, oldest first, for a sparkline. */
export type ReadingHistory = readonly number[];

export const HISTORY_LENGTH = 60;

/** @param figure undefined counts as 0 */
export function extendHistory(history: ReadingHistory, figure: number | undefined): ReadingHistory {
  return [...history.slice(-(HISTORY_LENGTH - 1)), figure ?? 0];
}

/**
 * Points of a sparkline, newest at the right edge.
 *
 * @returns `x,y` pairs for an SVG polyline in a box of `width` by `height`; empty for fewer than two figures
 */
export function sparklinePoints(history: ReadingHistory, width: number, height: number): string {
  if (history.length < 2) return '';
  const top = Math.max(...history, 1);
  const step = width / (HISTORY_LENGTH - 1);
  return history
    .map((figure, index) => {
      const x = width - (history.length - 1 - index) * step;
      const y = height - (figure / top) * height;
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(' ');
}
