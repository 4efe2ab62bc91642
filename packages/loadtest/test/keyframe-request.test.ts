import { writeBye, writeFir, writePli } from '@causeway/wire';
import { requestedKeyframes } from '../src/peer/rtcp-channel.ts';

describe('requestedKeyframes', () => {
  const packet = new Uint8Array(200);

  test('finds a PLI after another message', () => {
    const afterBye = writeBye(packet, 0, { ssrcs: [1], reason: undefined });
    const end = writePli(packet, afterBye, { senderSsrc: 1, mediaSsrc: 2 });

    expect(requestedKeyframes(packet, end)).toEqual([2]);
  });

  test('finds every stream that a FIR names as well', () => {
    const entries = [2, 3].map((ssrc) => ({ ssrc, commandSequence: 1 }));
    const end = writeFir(packet, 0, { senderSsrc: 1, entries });

    expect(requestedKeyframes(packet, end)).toEqual([2, 3]);
  });

  test('finds none in other messages, nor in nonsense', () => {
    const end = writeBye(packet, 0, { ssrcs: [1], reason: undefined });

    expect(requestedKeyframes(packet, end)).toEqual([]);
    expect(requestedKeyframes(new Uint8Array(20), 20)).toEqual([]);
  });
});
