import fc from 'fast-check';
import { findJsonFault } from '../src/http/json-fault.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test.each([
  ['', 1, 1, true],
  [' \n ', 2, 2, true],
  ['{', 1, 2, true],
  ['{"a"', 1, 5, true],
  ['{"a":', 1, 6, true],
  ['["a', 1, 4, true],
  ["{'a': 1}", 1, 2, false],
  ['{"a": 1,}', 1, 9, false],
  ['[1, 2,]', 1, 7, false],
  ['[1 2]', 1, 4, false],
  ['{"a" 1}', 1, 6, false],
  ['{"a": undefined}', 1, 7, false],
  ['{"a": 1}}', 1, 9, false],
  ['{"a": [1}', 1, 9, false],
  ['{"a": 01}', 1, 8, false],
  ['"tab\tin a string"', 1, 5, false],
  ['"\\x"', 1, 2, false],
  ['"\\u12g4"', 1, 2, false],
  ['{\r\n  "a": 1\r\n  "b": 2\r\n}', 3, 3, false],
  ['// comment\n{}', 1, 1, false],
])('the fault of %j is at line %d, column %d', (text, line, column, isEnd) => {
  expect(findJsonFault(text)).toEqual({ line, column, isEnd });
});

test('what the parser takes has no fault, and what it refuses has one', () => {
  const broken = fc
    .tuple(fc.json(), fc.nat(), fc.nat(3), fc.constantFrom('', '"', ',', ':', '{', ']', '\\', '0', 'e', '\n', '\u0001'))
    .map(([text, at, length, other]) => {
      const start = at % (text.length + 1);
      return text.slice(0, start) + other + text.slice(start + length);
    });
  fc.assert(
    fc.property(fc.oneof(fc.json(), broken, fc.string()), (text) => {
      expect(findJsonFault(text) === undefined).toBe(isJson(text));
    }),
    { numRuns: 2_000, seed: 7 },
  );
});

test('the fault of a body of the greatest length is found at once', () => {
  const text = `{"sdp": "${'a=candidate\\r\\n'.repeat(60_000)}", oops}`;

  expect(findJsonFault(text)).toEqual({ line: 1, column: text.length - 4, isEnd: false });
});
