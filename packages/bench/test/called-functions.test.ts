import { type Calls, calledBecauseOf, commonTo, filesOf } from '../src/files/called-functions.ts';

test('what one event passes is what nearly all of its windows have in common', () => {
  const windows = [
    { 'a.ts:timer@1': 2, 'a.ts:read@9': 1, 'b.ts:write@2': 1 },
    { 'b.ts:write@2': 3, 'a.ts:read@9': 1 },
    { 'a.ts:read@9': 1, 'c.ts:other@5': 1, 'b.ts:write@2': 1 },
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
  const whole = { 'a.ts:read@9': 1, 'b.ts:write@2': 1 };
  const part = { 'a.ts:read@9': 1 };

  expect(commonTo([...Array<Calls>(9).fill(whole), part])).toEqual(['a.ts:read@9', 'b.ts:write@2']);
  expect(commonTo([...Array<Calls>(8).fill(whole), part, part])).toEqual(['a.ts:read@9']);
});

test('a smaller share of the windows is enough where that is asked for', () => {
  const read = { 'a.ts:read@9': 1 };

  expect(commonTo([read, read, {}, {}], 0.5)).toEqual(['a.ts:read@9']);
  expect(commonTo([read, {}, {}, {}], 0.5)).toEqual([]);
});

test('a timer that runs in every window does not belong to an event', () => {
  const withEvent = { 'a.ts:read@9': 1, 'a.ts:tick@1': 2 };
  const without = { 'a.ts:tick@1': 2 };

  expect(calledBecauseOf([withEvent, withEvent], [without, without, without])).toEqual(['a.ts:read@9']);
});

test('a function that an event calls belongs to it, although timers call it as well', () => {
  const withEvent = { 'a.ts:now@1': 3 };
  const without = { 'a.ts:now@1': 2 };

  expect(calledBecauseOf([withEvent, withEvent], [without, without])).toEqual(['a.ts:now@1']);
});

test('without windows to compare with, an event has what its windows have in common', () => {
  expect(calledBecauseOf([{ 'a.ts:read@9': 1 }], [])).toEqual(['a.ts:read@9']);
});
