import { datagramKind } from '../src/peer/load-peer.ts';

describe('datagramKind', () => {
  test('depends on the first byte, for every value of it', () => {
    const kinds = Array.from({ length: 256 }, (_, first) => datagramKind(Uint8Array.of(first, 96)));

    expect(kinds.flatMap((kind, first) => (kind === 'stun' ? [first] : []))).toEqual([0, 1, 2, 3]);
    expect(kinds.indexOf('dtls')).toBe(20);
    expect(kinds.lastIndexOf('dtls')).toBe(63);
    expect(kinds.indexOf('srtp')).toBe(128);
    expect(kinds.lastIndexOf('srtp')).toBe(191);
    expect(kinds.filter((kind) => kind === undefined)).toHaveLength(256 - 4 - 44 - 64);
  });

  test('recognises RTCP by the second byte', () => {
    expect([191, 192, 200, 223, 224].map((second) => datagramKind(Uint8Array.of(0x80, second)))).toEqual([
      'srtp',
      'srtcp',
      'srtcp',
      'srtcp',
      'srtp',
    ]);
  });
});
