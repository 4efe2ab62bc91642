import { SpentSsrcs } from '../../src/srtp/outbound-srtp.ts';

test('what was added is known, whatever the number, and its neighbours are not', () => {
  const spent = new SpentSsrcs();
  const ssrcs = [0, 31, 4_095, 4_096, 2 ** 31, 2 ** 32 - 1];

  for (const ssrc of ssrcs) spent.add(ssrc);

  expect(ssrcs.every((ssrc) => spent.has(ssrc))).toBe(true);
  expect([1, 30, 32, 4_094, 4_097, 2 ** 31 + 1, 2 ** 32 - 2].some((ssrc) => spent.has(ssrc))).toBe(false);
});

test('with no room left, unknown SSRCs count as spent', () => {
  const spent = new SpentSsrcs();

  for (let chunkNo = 0; chunkNo < 32_768; chunkNo++) spent.add(chunkNo * 4_096);

  expect([spent.has(2 ** 27 - 1), spent.has(2 ** 27)]).toEqual([false, true]);
});
