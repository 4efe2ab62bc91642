import { chooseTrackRefreshes, MAX_FETCHES_PER_ROUND } from '../../src/console/directory.ts';

const session = (sessionId: string, fetchedAtMs?: number, isWatched = false) => ({ sessionId, fetchedAtMs, isWatched });

test('a small app is asked about completely', () => {
  expect(chooseTrackRefreshes([session('a', 5), session('b', 4), session('c')])).toEqual(['c', 'b', 'a']);
});

test('of many sessions the watched and the new come first, then the ones asked longest ago', () => {
  const known = Array.from({ length: 20 }, (_, index) => session(`known-${index}`, 1000 - index));

  const chosen = chooseTrackRefreshes([...known, session('watched', 5000, true), session('new')]);

  expect(chosen).toHaveLength(MAX_FETCHES_PER_ROUND);
  expect(chosen.slice(0, 4)).toEqual(['watched', 'new', 'known-19', 'known-18']);
});
