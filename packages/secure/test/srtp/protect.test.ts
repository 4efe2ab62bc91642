import fc from 'fast-check';
import { SrtpSuite, type SrtpTransform } from '../../src/srtp/srtp-suite.ts';
import { Flush } from './flush.ts';
import { buildRtcp, buildRtp, bytesOf, keysOf, WAYS } from './packets.ts';
import { referenceProtectRtcp, referenceProtectRtp } from './reference-srtp.ts';

const SSRC = 0xcafe_0001;

describe.each(WAYS)('protecting a flush with $profile by $by', ({ profile, openssl }) => {
  let suite: SrtpSuite;

  beforeAll(async () => {
    suite = await SrtpSuite.create({ arenaSlots: 600, keystreamPages: 8, openssl });
  });

  function connect(label: string): SrtpTransform {
    const transform = suite.createTransform();
    transform.setKeys(keysOf(profile, label).near);
    return transform;
  }

  test('equals the reference bit for bit, whatever lengths, peers, streams and indices a flush mixes', () => {
    let run = 0;
    const row = fc.record({
      peer: fc.nat({ max: 4 }),
      ssrc: fc.constantFrom(1, 0x7fff_ffff, 0xffff_ffff),
      step: fc.constantFrom(1, 1, 1, 2, 9, 400),
      length: fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 1_400 }), fc.constant(1_188)),
      csrcs: fc.nat({ max: 3 }),
      extensionWords: fc.option(fc.nat({ max: 6 }), { nil: undefined }),
      isRtcp: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 40 }), fc.constantFrom(0, 65_530, 2 ** 32 - 5, 2 ** 47), (rows, firstIndex) => {
        run++;
        const labels = [0, 1, 2, 3, 4].map((peer) => `run ${run} peer ${peer}`);
        const peers = labels.map(connect);
        const rtcpCounts = peers.map(() => 0);
        const indices = new Map<string, number>();
        const flush = new Flush(suite);
        const expected = rows.map((fields, i) => {
          const { local } = keysOf(profile, labels[fields.peer]).near;
          const payload = bytesOf(`${run} ${i}`, fields.length);
          if (fields.isRtcp) {
            const packet = buildRtcp(fields.ssrc, payload);
            flush.rtcp(peers[fields.peer].outbound.rtcpStream, packet);
            return referenceProtectRtcp(profile, local, packet, rtcpCounts[fields.peer]++);
          }
          const streamKey = `${fields.peer} ${fields.ssrc}`;
          const index = (indices.get(streamKey) ?? firstIndex) + fields.step;
          indices.set(streamKey, index);
          const { packet, headerLength } = buildRtp({ ...fields, seq: index % 65_536, payload });
          flush.rtp(peers[fields.peer].outbound.open(fields.ssrc), packet, headerLength, index);
          return referenceProtectRtp(profile, local, packet, headerLength, index);
        });

        const protectedPackets = flush.protect();

        expect(protectedPackets).toEqual(expected);
        suite.prepareAhead();
        for (const peer of peers) peer.close();
      }),
      { seed: 3711, numRuns: 60 },
    );
  });

  test('a flush larger than the kernel takes at once is protected whole', () => {
    const peer = connect('large');
    const flush = new Flush(suite);
    const built = Array.from({ length: 550 }, (_, seq) =>
      buildRtp({ ssrc: SSRC, seq, payload: bytesOf(`large ${seq}`, 100 + (seq % 7) * 90) }),
    );
    for (const [seq, { packet, headerLength }] of built.entries()) flush.rtp(peer.outbound.open(SSRC), packet, headerLength, seq);

    const protectedPackets = flush.protect();

    const { local } = keysOf(profile, 'large').near;
    const expected = built.map(({ packet, headerLength }, seq) => referenceProtectRtp(profile, local, packet, headerLength, seq));
    expect(protectedPackets).toEqual(expected);
  });

  test('a retransmission is the same packet again, whether its keystream is still there or long gone', () => {
    const peer = connect('again');
    const stream = peer.outbound.open(SSRC);
    const built = Array.from({ length: 100 }, (_, seq) => buildRtp({ ssrc: SSRC, seq, payload: bytesOf(`again ${seq}`, 1_000) }));
    const first = built.map(({ packet, headerLength }, seq) => new Flush(suite).rtp(stream, packet, headerLength, seq).protect()[0]);

    const again = [99, 3, 98, 0, 50].map(
      (seq) => new Flush(suite).rtp(stream, built[seq].packet, built[seq].headerLength, seq).protect()[0],
    );

    expect(again).toEqual([first[99], first[3], first[98], first[0], first[50]]);
    expect(first).not.toContain(undefined);
  });

  test('keystream that was prepared ahead changes nothing in the output', () => {
    const { local } = keysOf(profile, 'ahead').near;
    const peer = connect('ahead');
    const stream = peer.outbound.open(SSRC);
    const lengths = [80, 80, 1_100, 300, 1_300, 64, 64, 1_200];
    const results = Array.from({ length: 200 }, (_, seq) => {
      const { packet, headerLength } = buildRtp({ ssrc: SSRC, seq, payload: bytesOf(`ahead ${seq}`, lengths[seq % lengths.length]) });
      const [result] = new Flush(suite).rtp(stream, packet, headerLength, seq).protect();
      if (seq % 3 === 0) suite.prepareAhead();
      return { result, expected: referenceProtectRtp(profile, local, packet, headerLength, seq) };
    });

    expect(results.map(({ result }) => result)).toEqual(results.map(({ expected }) => expected));
  });
});
