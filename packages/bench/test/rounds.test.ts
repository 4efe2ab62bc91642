import { interleave } from '../src/measure/rounds.ts';

describe('interleave', () => {
  test('lets every contestant take one turn a round, each round beginning with another', () => {
    expect(interleave(['floor', 'causeway', 'naive'], 3)).toEqual([
      'floor',
      'causeway',
      'naive',
      'causeway',
      'naive',
      'floor',
      'naive',
      'floor',
      'causeway',
    ]);
  });

  test('takes more rounds than there are contestants', () => {
    expect(interleave(['a', 'b'], 3)).toEqual(['a', 'b', 'b', 'a', 'a', 'b']);
  });
});
