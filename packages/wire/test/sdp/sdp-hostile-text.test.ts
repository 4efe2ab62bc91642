import { capturedOffer, capturedOffers } from '@causeway/testkit/captured-offers';
import { parseSdp, writeSdp } from '@causeway/wire';
import fc from 'fast-check';

const SEED = 20_260_101;
const offers = capturedOffers().map(capturedOffer);
const lines = [...new Set(offers.flatMap((offer) => offer.split('\r\n')))].filter((line) => /^[am]=/.test(line));
const HEAD = ['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', 't=0 0'];

/** Lines of real offers in any order, some of them damaged. */
const damagedSdp = fc
  .array(fc.oneof(fc.constantFrom(...lines), fc.constantFrom(...lines).chain(damagedLine), fc.string()), { maxLength: 80 })
  .map((body) => [...HEAD, ...body].join('\r\n'));

function damagedLine(line: string): fc.Arbitrary<string> {
  const place = fc.nat({ max: line.length });
  return fc.oneof(
    place.map((at) => line.slice(0, at)),
    fc.tuple(place, fc.string()).map(([at, text]) => line.slice(0, at) + text + line.slice(at)),
    fc
      .tuple(place, fc.constantFrom('0', '-1', '99999999999', ' ', ';', ':', '\u2028', '__proto__'))
      .map(([at, text]) => line.slice(0, at) + text + line.slice(at + 1)),
  );
}

describe('any text', () => {
  it('never makes parseSdp throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), damagedSdp), (sdp) => typeof parseSdp(sdp).ok === 'boolean'),
      { seed: SEED, numRuns: 2000 },
    );
  });

  it('that was accepted can be written, and is accepted again', () => {
    fc.assert(
      fc.property(damagedSdp, (sdp) => {
        const result = parseSdp(sdp);
        return !result.ok || parseSdp(writeSdp(result.description)).ok;
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  it.each([
    ['sections', 'm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n'],
    ['codecs', 'a=rtpmap:96 VP8/90000\r\na=fmtp:96 a=b\r\na=rtcp-fb:96 nack\r\n'],
    ['SSRC lines', 'a=ssrc:1 cname:a\r\na=ssrc-group:FID 1 2\r\n'],
    ['empty lines', '\n'],
    ['unknown attributes', 'a=imageattr:97 send [x=800] recv [x=330]\r\na=x\r\n'],
    ['candidates', 'a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n'],
  ])('costs linear time: 512 KiB of %s', (_name, piece) => {
    const limits = {
      maxLength: 512 * 1024,
      maxLines: 1_000_000,
      maxLineLength: 1_000_000,
      maxSections: 1_000_000,
      maxCodecsPerSection: 1_000_000,
      maxDistinctCodecs: 1_000_000,
      maxDistinctExtensions: 1_000_000,
      maxExtensionsPerSection: 1_000_000,
      maxSsrcLinesPerSection: 1_000_000,
      maxRidsPerSection: 1_000_000,
    };
    const sdpOf = (length: number) => `${HEAD.join('\r\n')}\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n${piece.repeat(length / piece.length)}`;
    const costMs = (sdp: string) => {
      const start = performance.now();
      parseSdp(sdp, limits);
      return performance.now() - start;
    };
    const least = (sdp: string) => Math.min(...Array.from({ length: 3 }, () => costMs(sdp)));

    const whole = least(sdpOf(512 * 1024));
    const eighth = least(sdpOf(64 * 1024));

    // Quadratic cost would be 64 times as much; the rest is for a busy machine.
    expect(whole).toBeLessThan(eighth * 8 * 4 + 20);
  });
});
