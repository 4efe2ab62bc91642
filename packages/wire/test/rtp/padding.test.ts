import fc from 'fast-check';
import { MAX_PADDING_LENGTH, RtpView, writePadding, writeRtpHeader } from '../../src/index.ts';

test('padding of any length is read back, and the payload before it stays as it is', () => {
  const lengths = fc.integer({ min: 1, max: MAX_PADDING_LENGTH });
  fc.assert(
    fc.property(lengths, fc.uint8Array({ maxLength: 50 }), (paddingLength, payload) => {
      const out = new Uint8Array(400).fill(0xff);
      const start = 7;
      const payloadOffset = writeRtpHeader(out, start, false, 97, 1, 2, 3);
      out.set(payload, payloadOffset);

      const end = writePadding(out, start, payloadOffset + payload.length, paddingLength);

      const packet = out.slice(start, end);
      const view = new RtpView();
      expect(view.read(packet, packet.length)).toBe(true);
      expect(view.paddingLength).toBe(paddingLength);
      expect(view.payloadLength).toBe(payload.length);
      expect([...packet.subarray(12, 12 + payload.length)]).toEqual([...payload]);
      expect(packet.subarray(12 + payload.length, -1).every((byte) => byte === 0)).toBe(true);
      expect(out[end]).toBe(0xff);
    }),
  );
});
