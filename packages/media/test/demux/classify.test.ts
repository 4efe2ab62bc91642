import { classifyDatagram, type DatagramKind } from '../../src/engine.ts';

/** RFC 7983 §7, drawn as a table: the first byte decides, and between RTP and RTCP the second (RFC 5761 §4). */
function expectedKind(first: number, second: number): DatagramKind | undefined {
  if (first <= 3) return 'stun';
  if (first >= 20 && first <= 63) return 'dtls';
  if (first >= 128 && first <= 191) return second >= 192 && second <= 223 ? 'rtcp' : 'rtp';
  return undefined;
}

test('classifies all 65,536 beginnings of a datagram as RFC 7983 and RFC 5761 say', () => {
  const wrong: string[] = [];

  for (let first = 0; first < 256; first++) {
    for (let second = 0; second < 256; second++) {
      const kind = classifyDatagram(Uint8Array.of(first, second, 0, 0));
      if (kind !== expectedKind(first, second)) wrong.push(`${first} ${second}: ${kind}`);
    }
  }

  expect(wrong).toEqual([]);
});

test.each([0, 1])('makes nothing of a datagram of %i bytes', (length) => {
  expect(classifyDatagram(new Uint8Array(length).fill(0x80))).toBeUndefined();
});
