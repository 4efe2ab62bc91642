import { RecentPool } from '../../../src/data/router/recent-messages.ts';

const MEGABYTE = 1 << 20;

function numbered(serial: number, sizeBytes = 1) {
  return { serial, origin: 0, message: { kind: 'binary', data: new Uint8Array(sizeBytes) } } as const;
}

function serials(messages: readonly { readonly serial: number }[]): number[] {
  return messages.map(({ serial }) => serial);
}

test('a publication keeps its last messages for 15 seconds, and 4 MiB of them', () => {
  const recent = new RecentPool().open();

  for (let serial = 1; serial <= 10; serial++) recent.add(1000 * serial, numbered(serial, MEGABYTE / 2));
  const full = serials(recent.all(10_000));
  const later = serials(recent.all(24_500));
  const last = serials(recent.all(26_000));

  expect(full).toEqual([4, 5, 6, 7, 8, 9, 10]);
  expect(later).toEqual([10]);
  expect(last).toEqual([]);
});

test('all publications together keep 64 MiB; those that have fallen silent make room, and one that has ended holds nothing', () => {
  const pool = new RecentPool();
  const silent = Array.from({ length: 20 }, () => pool.open());
  for (const each of silent) for (let serial = 1; serial <= 7; serial++) each.add(0, numbered(serial, MEGABYTE / 2));
  const fullBytes = pool.bytes;

  const late = pool.open();
  for (let serial = 1; serial <= 6; serial++) late.add(20_000, numbered(serial, MEGABYTE / 2));
  const keptOfLate = serials(late.all(20_000));
  const afterSweepBytes = pool.bytes;
  late.close();

  expect(fullBytes).toBeLessThanOrEqual(64 * MEGABYTE);
  expect(fullBytes).toBeGreaterThan(60 * MEGABYTE);
  expect(keptOfLate).toEqual([1, 2, 3, 4, 5, 6]);
  expect(afterSweepBytes).toBeLessThan(4 * MEGABYTE);
  expect(pool.bytes).toBe(0);
});
