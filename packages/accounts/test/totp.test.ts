import { base32Of, findTotpStep, totpAt, totpUri } from '@causeway/accounts';

const SEED = Buffer.from('12345678901234567890');

// RFC 6238, appendix B, SHA-1; the last six of its eight digits.
test.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
])('shows at second %d what RFC 6238 says', (seconds, code) => {
  expect(totpAt(SEED, Math.floor(seconds / 30))).toBe(code);
});

test('a code is accepted one step early and late, and no further', () => {
  const step = 41_152_263;
  const accepted = [-2, -1, 0, 1, 2].filter((off) => findTotpStep(SEED, totpAt(SEED, step), (step + off) * 30_000, 0) !== undefined);

  expect(accepted).toEqual([-1, 0, 1]);
});

test('a code of a step that was used, or of one before it, is not accepted', () => {
  const step = 41_152_263;
  const find = (afterStep: number) => findTotpStep(SEED, totpAt(SEED, step), step * 30_000, afterStep);

  expect([find(step - 1), find(step), find(step + 1)]).toEqual([step, undefined, undefined]);
});

test.each(['', '28708', '2870820', 'ünicod', '      '])('%j is no code', (code) => {
  expect(findTotpStep(SEED, code, 59_000, -1)).toBeUndefined();
});

// RFC 4648 §10.
test.each([
  ['', ''],
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foo', 'MZXW6'],
  ['foob', 'MZXW6YQ'],
  ['fooba', 'MZXW6YTB'],
  ['foobar', 'MZXW6YTBOI'],
])('%j in base 32 is %j', (text, expected) => {
  expect(base32Of(Buffer.from(text))).toBe(expected);
});

test('the link for authenticators names service and person', () => {
  expect(totpUri(SEED, 'sfu.example', 'ada+x@example.org')).toBe(
    'otpauth://totp/sfu.example:ada%2Bx%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=sfu.example',
  );
});
