import { matchesAny } from '@causeway/protocol';
import fc from 'fast-check';
import { Pattern } from '../src/tokens/token-grants.ts';

test.each<[pattern: string, text: string, isMatch: boolean]>([
  ['', '', true],
  ['', 'a', false],
  ['*', '', true],
  ['*', 'anything', true],
  ['alice-*', 'alice-camera', true],
  ['alice-*', 'alice-', true],
  ['alice-*', 'bob-alice-', false],
  ['*-camera', 'alice-camera', true],
  ['*-camera', '-camera-2', false],
  ['a*b', 'ab', true],
  ['a*a', 'a', false],
  ['a*b*c', 'a-b-b-c', true],
  ['a*bc*c', 'abc', false],
  ['a.c', 'abc', false],
  ['session-101-*', 'session-1010-x', false],
])('%j against %j: %j', (pattern, text, isMatch) => {
  expect(matchesAny([pattern], text)).toBe(isMatch);
});

test('matching one of several patterns is enough, and an empty list matches nothing', () => {
  expect(matchesAny(['a', 'b'], 'b')).toBe(true);
  expect(matchesAny([], '')).toBe(false);
});

test('a pattern matches the same texts as a regular expression with `.*` for each star', () => {
  const letters = fc.stringMatching(/^[ab*]{0,8}$/);
  fc.assert(
    fc.property(letters, fc.stringMatching(/^[ab]{0,12}$/), (pattern, text) => {
      expect(matchesAny([pattern], text)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text));
    }),
    { seed: 17, numRuns: 2_000 },
  );
});

test.each(['a/b', 'ä', 'a b', '*****', 'x'.repeat(129), '[a]'])('%j is not a pattern', (text) => {
  expect(Pattern.safeParse(text).success).toBe(false);
});
