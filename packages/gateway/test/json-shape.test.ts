import { checkJsonShape } from '../src/http/json-body.ts';

const LIMITS = { maxDepth: 3, maxValues: 4 };
const shapeOf = (text: string) => checkJsonShape(Buffer.from(text), LIMITS);

test.each(['', '1', '"text"', '[[[]]]', '{"a":{"b":{}}}', '[1,2,3,4]', '{"a":1,"b":[2,3]}', '[[],[],[],[]]'])('%s fits', (text) => {
  expect(shapeOf(text)).toBe('fits');
});

test.each(['[[[[', '[[[[]]]]', '{"a":[{"b":[]}]}'])('%s is too deep', (text) => {
  expect(shapeOf(text)).toBe('too deep');
});

test.each(['[1,2,3,4,5]', '{"a":1,"b":[2,3],"c":4,"d":5}', ',,,,'])('%s has too many values', (text) => {
  expect(shapeOf(text)).toBe('too many values');
});

test.each([
  ['brackets and commas in a string', '"[[[[[,,,,,,{{{{"'],
  ['a quote in a string', '"\\"[[[[["'],
  ['a backslash at the end of a string', '["\\\\",[[]]]'],
  ['a string without an end', '"[[[[[[['],
  ['a backslash without what follows', '"\\'],
  ['text of several bytes a letter', '"Ää€😀"'],
])('%s does not count', (_what, text) => {
  expect(shapeOf(text)).toBe('fits');
});
