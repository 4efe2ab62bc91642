import { UploadLimit } from '../../src/inbound-limits.ts';

function admittedBytes(limit: UploadLimit, offeredBps: number, fromMs: number, durationMs: number): number {
  let admitted = 0;
  for (let atMs = fromMs; atMs < fromMs + durationMs; atMs++) {
    const sizeBytes = offeredBps / 8000;
    if (limit.admit(atMs, sizeBytes)) admitted += sizeBytes;
  }
  return admitted;
}

test('lets a track send eight megabits a second for ever', () => {
  expect(admittedBytes(new UploadLimit(), 8_000_000, 0, 60_000)).toBe(60_000_000);
});

test('cuts twice that down to the limit, after one burst', () => {
  const limit = new UploadLimit();

  const bytes = admittedBytes(limit, 16_000_000, 0, 10_000);

  expect(bytes).toBeGreaterThan(10_000_000);
  expect(bytes).toBeLessThanOrEqual(11_000_000);
});

test('a silent track earns no more than one burst', () => {
  const limit = new UploadLimit();
  limit.admit(0, 1);

  expect(limit.admit(3_600_000, 1_000_000)).toBe(true);
  expect(limit.admit(3_600_000, 1)).toBe(false);
});
