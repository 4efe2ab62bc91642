import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CODES, isErrorCode } from '@causeway/protocol';

const codes = Object.entries(ERROR_CODES);

test.each(codes)('%s has a status, and a meaning that is one sentence', (_code, { httpStatus, meaning }) => {
  expect(httpStatus).toBeGreaterThanOrEqual(400);
  expect(httpStatus).toBeLessThan(600);
  expect(meaning).toMatch(/^[A-Z].*\.$/);
});

test('property names of Object.prototype are not error codes', () => {
  expect(['toString', '__proto__', 'constructor', ''].map(isErrorCode)).toEqual([false, false, false, false]);
});

test('docs/errors.md has exactly one row for each code, in the order of the table', () => {
  const page = readFileSync(join(__dirname, '../../../docs/errors.md'), 'utf8');

  const rows = page.split('\n').filter((line) => line.startsWith('| `'));

  expect(rows).toEqual(
    codes.map(([code, info]) => `| \`${code}\` | ${info.httpStatus} | ${info.retryable ? 'yes' : 'no'} | ${info.meaning} |`),
  );
});
