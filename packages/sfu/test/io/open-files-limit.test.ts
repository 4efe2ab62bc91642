import { openFilesLimit } from '../../src/io/process-load.ts';

test('the limit on open files is a positive number, or none', () => {
  expect(openFilesLimit()).toBeGreaterThan(0);
});

test('on Linux it is what the system says', () => {
  const isKnown = Number.isFinite(openFilesLimit());

  // Infinity is `unlimited`, which no Linux grants for files.
  expect(isKnown).toBe(process.platform === 'linux');
});
