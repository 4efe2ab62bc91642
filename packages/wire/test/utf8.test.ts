import fc from 'fast-check';
import { decodeUtf8, encodeUtf8 } from '../src/utf8.ts';
import { datagram, SEEDED } from './seeded.ts';

test('text is encoded as TextEncoder does it, lone surrogates included', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('', '\ud800', '\udc00x'), (text, tail) => {
      expect(encodeUtf8(text + tail)).toEqual(new TextEncoder().encode(text + tail));
    }),
    SEEDED,
  );
});

test('encoded text is decoded to itself', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const encoded = encodeUtf8(text);
      expect(decodeUtf8(encoded, 0, encoded.length)).toBe(text);
    }),
    SEEDED,
  );
});

test.each([
  ['a stray trailing byte', [0x80]],
  ['an overlong form', [0xc0, 0xaf]],
  ['a surrogate', [0xed, 0xa0, 0x80]],
  ['a code point past the last', [0xf4, 0x90, 0x80, 0x80]],
  ['a lead byte that never was', [0xff]],
  ['a sequence cut off', [0xe2, 0x82]],
])('%s becomes replacement characters', (_, bytes) => {
  expect(decodeUtf8(Uint8Array.from([0x41, ...bytes, 0x42]), 0, bytes.length + 2)).toMatch(/^A\ufffd+B$/);
});

test('well-formed parts of any bytes are decoded as TextDecoder does it', () => {
  fc.assert(
    fc.property(datagram, (bytes) => {
      const ours = decodeUtf8(bytes, 0, bytes.length).replaceAll('\ufffd', '');
      const theirs = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).replaceAll('\ufffd', '');
      expect(ours).toBe(theirs);
    }),
    SEEDED,
  );
});
