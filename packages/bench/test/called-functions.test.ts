import { commonTo, filesOf } from '../src/files/called-functions.ts';

test('what one event passes is what nearly all of its windows have in common', () => {
  const windows = [
    ['a.ts:timer@1', 'a.ts:read@9', 'b.ts:write@2'],
    ['b.ts:write@2', 'a.ts:read@9'],
    ['a.ts:read@9', 'c.ts:other@5', 'b.ts:write@2'],
  ];

  expect(commonTo(windows)).toEqual(['a.ts:read@9', 'b.ts:write@2']);
});

test('a file counts once, however many of its functions were called', () => {
  expect(filesOf(['b.ts:write@2', 'a.ts:read@9', 'a.ts:read@40'])).toEqual(['a.ts', 'b.ts']);
});

test('no window, nothing in common', () => {
  expect(commonTo([])).toEqual([]);
});

test('one window in ten may have missed a step', () => {
  const whole = ['a.ts:read@9', 'b.ts:write@2'];

  expect(commonTo([...Array<string[]>(9).fill(whole), ['a.ts:read@9']])).toEqual(whole);
  expect(commonTo([...Array<string[]>(8).fill(whole), ['a.ts:read@9'], ['a.ts:read@9']])).toEqual(['a.ts:read@9']);
});

test('a smaller share of the windows is enough where that is asked for', () => {
  expect(commonTo([['a.ts:read@9'], ['a.ts:read@9'], [], []], 0.5)).toEqual(['a.ts:read@9']);
  expect(commonTo([['a.ts:read@9'], [], [], []], 0.5)).toEqual([]);
});
