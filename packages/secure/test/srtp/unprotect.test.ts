import { UNPROTECT_FORGED, UNPROTECT_MALFORMED, UNPROTECT_NOT_READY, UNPROTECT_REPLAYED } from '@causeway/media';
import fc from 'fast-check';
import { SrtpSuite, type SrtpTransform } from '../../src/srtp/srtp-suite.ts';
import { buildRtcp, buildRtp, bytesOf, keysOf, WAYS } from './packets.ts';
import { referenceProtectRtcp, referenceProtectRtp } from './reference-srtp.ts';

const SSRC = 0xbeef_0001;

describe.each(WAYS)('unprotecting with $profile by $by', ({ profile, openssl }) => {
  const { near, far } = keysOf(profile, 'unprotect');
  let suite: SrtpSuite;
  let receiver: SrtpTransform;

  beforeAll(async () => {
    suite = await SrtpSuite.create({ arenaSlots: 8, keystreamPages: 4, openssl });
  });

  beforeEach(() => {
    receiver = suite.createTransform();
    receiver.setKeys(far);
  });

  afterEach(() => receiver.close());

  function protectedRtp(index: number, ssrc = SSRC): { plain: Buffer; wire: Buffer } {
    const payload = bytesOf(`${ssrc} ${index}`, 40 + (index % 900));
    const { packet, headerLength } = buildRtp({ ssrc, seq: index % 65_536, payload, csrcs: index % 3, extensionWords: index % 5 });
    return { plain: packet, wire: referenceProtectRtp(profile, near.local, packet, headerLength, index) };
  }

  function receive(wire: Buffer): Buffer | number {
    const packet = Buffer.from(wire);
    const length = receiver.inbound.unprotectRtp(packet);
    return length < 0 ? length : packet.subarray(0, length);
  }

  test('gives back the plain packet, before and after the sequence number wraps', () => {
    for (const start of [0, 65_530]) {
      for (let index = start; index < start + 12; index++) {
        const { plain, wire } = protectedRtp(index, start);
        expect(receive(wire)).toEqual(plain);
      }
    }
  });

  test('W09: under loss, reordering and repetition each packet is taken once, and only once', () => {
    const arrival = fc.record({ gap: fc.constantFrom(1, 1, 1, 2, 30), delay: fc.nat({ max: 20 }), copies: fc.integer({ min: 1, max: 2 }) });
    fc.assert(
      fc.property(fc.constantFrom(0, 65_500, 32_700), fc.array(arrival, { minLength: 1, maxLength: 60 }), (first, arrivals) => {
        const transform = suite.createTransform();
        transform.setKeys(far);
        let index = first;
        const schedule = arrivals.flatMap(({ gap, delay, copies }, position) => {
          index += gap;
          const at = position === 0 ? 0 : position + delay;
          return Array.from({ length: copies }, (_, copy) => ({ index, at: at + copy * 3 }));
        });
        const taken: number[] = [];
        for (const { index: sent } of schedule.sort((a, b) => a.at - b.at)) {
          const { plain, wire } = protectedRtp(sent);
          const length = transform.inbound.unprotectRtp(wire);
          if (length < 0) expect(length).toBe(UNPROTECT_REPLAYED);
          else {
            expect(wire.subarray(0, length)).toEqual(plain);
            taken.push(sent);
          }
        }
        expect(taken.sort((a, b) => a - b)).toEqual([...new Set(schedule.map((item) => item.index))].sort((a, b) => a - b));
        transform.close();
      }),
      { seed: 33, numRuns: 150 },
    );
  });

  test('a loss burst across the wrap of the sequence number does not end the stream', () => {
    receive(protectedRtp(65_000).wire);

    const { plain, wire } = protectedRtp(65_536 + 30_000);

    expect(receive(wire)).toEqual(plain);
  });

  test('a stream that began just before the wrap is understood though its first packets were lost', () => {
    const { plain, wire } = protectedRtp(65_536 + 3);

    expect(receive(wire)).toEqual(plain);
    expect(receive(wire)).toBe(UNPROTECT_REPLAYED);
  });

  test('a packet more than 1,024 behind the newest counts as replayed', () => {
    receive(protectedRtp(5_000).wire);

    expect(receive(protectedRtp(5_000 - 1_023).wire)).toHaveLength(protectedRtp(5_000 - 1_023).plain.length);
    expect(receive(protectedRtp(5_000 - 1_024).wire)).toBe(UNPROTECT_REPLAYED);
  });

  test('forged packets are refused and move neither rollover counter nor replay window', () => {
    receive(protectedRtp(60_000).wire);
    for (const index of [60_001, 65_536 + 20_000, 65_536 + 27_000]) {
      const { wire } = protectedRtp(index);
      wire[wire.length - 1] ^= 1;
      expect(receive(wire)).toBe(UNPROTECT_FORGED);
    }

    const { plain, wire } = protectedRtp(60_001);

    expect(receive(wire)).toEqual(plain);
  });

  test('every bit of a packet counts', () => {
    fc.assert(
      fc.property(fc.nat({ max: 59 }), fc.nat({ max: 7 }), (at, bit) => {
        const { wire } = protectedRtp(15);
        wire[at % wire.length] ^= 1 << bit;
        expect(receive(wire)).toBeLessThan(0);
      }),
      { seed: 8, numRuns: 200 },
    );
  });

  test('ten thousand SSRCs leave no more than 64 states, and none of them can be replayed', () => {
    const results = Array.from({ length: 4_200 }, (_, i) => receive(protectedRtp(7, i + 1).wire));
    const replays = [1, 2, 500, 4_000].map((ssrc) => receive(protectedRtp(7, ssrc).wire));

    expect(results.slice(0, 4_160).every((result) => typeof result !== 'number')).toBe(true);
    expect(results.slice(4_160).every((result) => result === UNPROTECT_FORGED)).toBe(true);
    expect(replays).toEqual([UNPROTECT_REPLAYED, UNPROTECT_REPLAYED, UNPROTECT_REPLAYED, UNPROTECT_REPLAYED]);
  });

  test('W09: SRTCP is taken once, in any order; forged and unencrypted packets refused', () => {
    const plain = buildRtcp(9, bytesOf('report', 50));
    const [first, second] = [4, 3].map((index) => referenceProtectRtcp(profile, near.local, plain, index));
    const forged = Buffer.from(referenceProtectRtcp(profile, near.local, plain, 5));
    forged[20] ^= 4;
    const clear = Buffer.from(referenceProtectRtcp(profile, near.local, plain, 6));
    clear[clear.length - (profile === 'AEAD_AES_128_GCM' ? 4 : 14)] &= 0x7f;

    for (const wire of [first, second]) {
      const packet = Buffer.from(wire);
      expect(packet.subarray(0, receiver.inboundRtcp.unprotect(packet))).toEqual(plain);
      expect(receiver.inboundRtcp.unprotect(Buffer.from(wire))).toBe(UNPROTECT_REPLAYED);
    }
    expect(receiver.inboundRtcp.unprotect(forged)).toBe(UNPROTECT_FORGED);
    expect(receiver.inboundRtcp.unprotect(clear)).toBe(UNPROTECT_MALFORMED);
  });

  test('arbitrary bytes are refused and never thrown over', () => {
    const bytes = fc.uint8Array({ maxLength: 120 }).map((array) => {
      if (array.length > 0) array[0] = 0x80 | (array[0] & 0x3f);
      return array;
    });
    fc.assert(
      fc.property(bytes, (packet) => {
        expect(receiver.inbound.unprotectRtp(Uint8Array.from(packet))).toBeLessThan(0);
        expect(receiver.inboundRtcp.unprotect(Uint8Array.from(packet))).toBeLessThan(0);
      }),
      { seed: 1, numRuns: 2_000 },
    );
  });

  test('SRTCP in a row, with gaps, out of order, long or of other SSRCs is given back as it was', () => {
    const sent = fc.record({
      ssrc: fc.constantFrom(7, 7, 7, 7, 8),
      step: fc.constantFrom(1, 1, 1, 1, 1, 2, 9),
      bytes: fc.integer({ min: 4, max: 160 }),
    });
    fc.assert(
      fc.property(fc.constantFrom(0, 65_530), fc.array(sent, { minLength: 30, maxLength: 60 }), fc.boolean(), (first, packets, swaps) => {
        const transform = suite.createTransform();
        transform.setKeys(far);
        let index = first;
        const arrivals = packets.map(({ ssrc, step, bytes }) => {
          index += step;
          const plain = buildRtcp(ssrc, bytesOf(`${ssrc} ${index}`, 4 * Math.ceil(bytes / 4)));
          return { plain, wire: Buffer.from(referenceProtectRtcp(profile, near.local, plain, index)) };
        });
        if (swaps) for (let at = 3; at + 1 < arrivals.length; at += 7) arrivals.splice(at, 2, ...arrivals.slice(at, at + 2).reverse());

        for (const { plain, wire } of arrivals) {
          const length = transform.inboundRtcp.unprotect(wire);
          expect(wire.subarray(0, Math.max(0, length))).toEqual(plain);
        }
        transform.close();
      }),
      { seed: 5, numRuns: 20 },
    );
  });

  test('an extension length that runs past the packet is malformed (W01)', () => {
    const packet = Buffer.alloc(40);
    packet[0] = 0x90;
    packet.writeUInt16BE(65_535, 14);

    expect(receiver.inbound.unprotectRtp(packet)).toBe(UNPROTECT_MALFORMED);
  });

  test('before there are keys, and after closing, nothing is ready', () => {
    const transform = suite.createTransform();

    expect(transform.inbound.unprotectRtp(protectedRtp(1).wire)).toBe(UNPROTECT_NOT_READY);
    transform.setKeys(far);
    transform.close();
    expect(transform.inbound.unprotectRtp(protectedRtp(1).wire)).toBe(UNPROTECT_NOT_READY);
  });
});
