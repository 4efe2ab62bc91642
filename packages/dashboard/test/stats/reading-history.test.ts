import { extendHistory, HISTORY_LENGTH, sparklinePoints } from '../../src/stats/reading-history.ts';

test('a history keeps the last minute', () => {
  let history: readonly number[] = [];
  for (let figure = 0; figure < 100; figure++) history = extendHistory(history, figure);

  expect(history).toHaveLength(HISTORY_LENGTH);
  expect(history[0]).toBe(40);
  expect(history.at(-1)).toBe(99);
});

test('an unknown figure counts as 0', () => {
  expect(extendHistory([5], undefined)).toEqual([5, 0]);
});

test('the newest figure is at the right edge and the highest at the top', () => {
  expect(sparklinePoints([0, 50, 100], 59, 20)).toBe('57.0,20.0 58.0,10.0 59.0,0.0');
});

test('a single figure draws no line', () => {
  expect(sparklinePoints([7], 59, 20)).toBe('');
});

test('a history of zeros is a line at the bottom', () => {
  expect(sparklinePoints([0, 0], 59, 20)).toBe('58.0,20.0 59.0,20.0');
});
