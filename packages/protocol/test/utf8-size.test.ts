import { utf8SizeBytes } from '@causeway/protocol';
import fc from 'fast-check';

test('counts as many bytes as TextEncoder writes, lone surrogates included', () => {
  const text = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });

  fc.assert(
    fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (sample) => {
      expect(utf8SizeBytes(sample)).toBe(new TextEncoder().encode(sample).length);
    }),
    { seed: 3629, numRuns: 500 },
  );
});
