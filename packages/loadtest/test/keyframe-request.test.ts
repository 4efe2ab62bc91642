import { writeBye, writeFir, writePli } from '@causeway/wire';
import { hasKeyframeRequest } from '../src/peer/keyframe-request.ts';

describe('hasKeyframeRequest', () => {
  const packet = new Uint8Array(200);

  test('finds a PLI behind another message', () => {
    const afterBye = writeBye(packet, 0, { ssrcs: [1], reason: undefined });
    const end = writePli(packet, afterBye, { senderSsrc: 1, mediaSsrc: 2 });

    expect(hasKeyframeRequest(packet, end)).toBe(true);
  });

  test('takes a FIR for one, too', () => {
    const end = writeFir(packet, 0, { senderSsrc: 1, entries: [{ ssrc: 2, commandSequence: 1 }] });

    expect(hasKeyframeRequest(packet, end)).toBe(true);
  });

  test('finds none in other messages, nor in nonsense', () => {
    const end = writeBye(packet, 0, { ssrcs: [1], reason: undefined });

    expect(hasKeyframeRequest(packet, end)).toBe(false);
    expect(hasKeyframeRequest(new Uint8Array(20), 20)).toBe(false);
  });
});
