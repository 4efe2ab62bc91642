import fc from 'fast-check';
import { SrtpSuite } from '../../src/srtp/srtp-suite.ts';
import { Flush } from './flush.ts';
import { buildRtp, bytesOf, keysOf, WAYS } from './packets.ts';

/** What an engine with a fault might ask for. */
const operation = fc.record({
  ssrc: fc.constantFrom(1, 2),
  kind: fc.constantFrom('next', 'next', 'next', 'skip', 'again', 'again', 'other payload', 'reopen'),
  back: fc.nat({ max: 40 }),
  length: fc.constantFrom(1, 15, 16, 17, 200, 1_100),
});

describe.each(WAYS)('$profile by $by', ({ profile, openssl }) => {
  test('one (key, SSRC, index) never encrypts two different payloads, whatever is asked', async () => {
    const suite = await SrtpSuite.create({ arenaSlots: 16, keystreamPages: 2, openssl });
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 120 }), fc.constantFrom(0, 65_500), (operations, first) => {
        const transform = suite.createTransform();
        transform.setKeys(keysOf(profile, 'reuse').near);
        const next = new Map<number, number>();
        const sent = new Map<string, Buffer>();
        let refused = 0;
        const refusedBefore = suite.counters.indexReused;
        for (const [step, { ssrc, kind, back, length }] of operations.entries()) {
          const stream = transform.outbound.open(ssrc);
          if (kind === 'reopen') transform.outbound.closeStream(stream);
          if (kind === 'reopen') continue;
          const top = next.get(ssrc) ?? first;
          const index = kind === 'next' ? top : kind === 'skip' ? top + back : Math.max(0, top - 1 - back);
          next.set(ssrc, Math.max(top, index + 1));
          const key = `${ssrc} ${index}`;
          const payload = kind === 'again' ? (sent.get(key) ?? bytesOf(`${step}`, length)) : bytesOf(`${step}`, length);
          const { packet, headerLength } = buildRtp({ ssrc, seq: index % 65_536, payload });
          const [result] = new Flush(suite).rtp(stream, packet, headerLength, index).protect();
          if (step % 7 === 0) suite.prepareAhead();
          if (result === undefined) refused++;
          else {
            expect(sent.get(key) ?? payload).toEqual(payload);
            sent.set(key, payload);
          }
        }
        expect(suite.counters.indexReused - refusedBefore).toBe(refused);
        transform.close();
      }),
      { seed: 48, numRuns: 120 },
    );
  });

  test('a retransmission with a changed header but the same payload is sent, unless its tag would give the key away', async () => {
    const suite = await SrtpSuite.create({ arenaSlots: 16, keystreamPages: 2, openssl });
    const transform = suite.createTransform();
    transform.setKeys(keysOf(profile, 'header').near);
    const stream = transform.outbound.open(5);
    const payload = bytesOf('payload', 500);
    const first = buildRtp({ ssrc: 5, seq: 9, payload, extensionWords: 1 });
    const second = buildRtp({ ssrc: 5, seq: 9, payload, extensionWords: 2 });

    const protect = ({ packet, headerLength }: typeof first) => new Flush(suite).rtp(stream, packet, headerLength, 9).protect()[0];

    const [original, changed, again] = [first, second, first].map(protect);

    const isGcm = profile === 'AEAD_AES_128_GCM';
    expect(changed?.length).toBe(isGcm ? undefined : second.packet.length - first.packet.length + (original?.length ?? 0));
    expect(again).toEqual(original);
    expect(suite.counters.indexReused).toBe(isGcm ? 1 : 0);
  });

  test('what does not fit its slot, has an impossible header or index, or has no keys, is not sent', async () => {
    const suite = await SrtpSuite.create({ arenaSlots: 16, keystreamPages: 2, openssl });
    const transform = suite.createTransform();
    const stream = transform.outbound.open(5);
    const { packet, headerLength } = buildRtp({ ssrc: 5, seq: 1, payload: bytesOf('x', 100) });
    const [unkeyed] = new Flush(suite).rtp(stream, packet, headerLength, 1).protect();
    transform.setKeys(keysOf(profile, 'refused').near);
    const flush = new Flush(suite)
      .rtp(stream, Buffer.concat([packet, Buffer.alloc(1_500)]).subarray(0, 1_525), headerLength, 2)
      .rtp(stream, packet, 8, 3)
      .rtp(stream, packet, packet.length + 1, 4)
      .rtp(stream, packet, headerLength, 2 ** 48)
      .rtp(stream, packet, headerLength, -1)
      .rtp(stream, packet, headerLength, Number.NaN)
      .rtcp(transform.outbound.rtcpStream, packet.subarray(0, 7));

    const refused = flush.protect();
    transform.close();
    const [closed] = new Flush(suite).rtp(stream, packet, headerLength, 9).protect();

    expect([unkeyed, ...refused, closed]).toEqual(Array.from({ length: 9 }));
    expect(suite.counters).toEqual({ notKeyed: 2, malformed: 7, indexReused: 0 });
  });
});
