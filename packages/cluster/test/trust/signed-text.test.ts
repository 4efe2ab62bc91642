import { createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { openSignedText, signText } from '../../src/trust/signed-text.ts';

const KEY = createSecretKey(Buffer.alloc(32, 1));
const OTHER_KEY = createSecretKey(Buffer.alloc(32, 2));

describe('signed text', () => {
  test('returns any text, but only with the right key', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (payload) => {
        const text = signText(payload, KEY);

        expect(text).toMatch(/^[\x21-\x7e]+$/);
        expect(openSignedText(text, KEY)).toBe(payload);
        expect(openSignedText(text, OTHER_KEY)).toBeUndefined();
      }),
      { seed: 41 },
    );
  });

  test('no character of it can be changed', () => {
    const text = signText('{"nodeNo":101}', KEY);

    for (let index = 0; index < text.length - 1; index++) {
      const changed = text.slice(0, index) + (text[index] === 'A' ? 'B' : 'A') + text.slice(index + 1);
      expect(openSignedText(changed, KEY)).toBeUndefined();
    }
  });

  test.each(['', '.', 'e30', 'e30.', '.e30', `e30.${'A'.repeat(42)}`, `e30.${'A'.repeat(44)}`, `e 30.${'A'.repeat(43)}`, 'ü.ü'])(
    'what has not its form is not opened: "%s"',
    (text) => {
      expect(openSignedText(text, KEY)).toBeUndefined();
    },
  );
});
