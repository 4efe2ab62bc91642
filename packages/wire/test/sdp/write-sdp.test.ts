import { capturedOffer, capturedOffers } from '@causeway/testkit/captured-offers';
import { parseSdp, type SdpDescription, writeSdp } from '@causeway/wire';

function parsed(sdp: string): SdpDescription {
  const result = parseSdp(sdp);
  if (!result.ok) throw new Error(result.reason);
  return result.description;
}

describe('writeSdp', () => {
  it.each(capturedOffers())('writes what it read from %s, so that reading it again gives the same', (name) => {
    const description = parsed(capturedOffer(name));

    expect(parsed(writeSdp(description))).toEqual(description);
  });

  it('writes the same text for the same description, with CRLF ends', () => {
    const description = parsed(capturedOffer('chromium-audio-video-data'));
    const text = writeSdp(description);

    expect(writeSdp(structuredClone(description))).toBe(text);
    expect(text.split('\r\n').at(-1)).toBe('');
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  it('puts ice-lite at session level, before the first section', () => {
    const text = writeSdp({ ...parsed(capturedOffer('chromium-quick-start-publisher')), iceLite: true });

    expect(text.indexOf('a=ice-lite')).toBeGreaterThan(0);
    expect(text.indexOf('a=ice-lite')).toBeLessThan(text.indexOf('m='));
  });

  it('writes every part of a section that has everything', () => {
    const description: SdpDescription = {
      origin: { username: '-', sessionId: '18446744073709551615', version: '7' },
      iceLite: true,
      iceOptions: ['ice2'],
      bundle: ['0', 'd'],
      extmapAllowMixed: true,
      sections: [
        {
          kind: 'video',
          media: 'video',
          port: 8081,
          bundleOnly: false,
          protocol: 'UDP/TLS/RTP/SAVPF',
          formats: ['96', '97'],
          mid: '0',
          direction: 'sendrecv',
          ice: { ufrag: 'ab12', password: '0123456789abcdefghijkl' },
          fingerprints: [
            { algorithm: 'sha-256', value: Array(32).fill('AA').join(':') },
            { algorithm: 'sha-512', value: Array(64).fill('CC').join(':') },
          ],
          setup: 'passive',
          candidates: [{ foundation: '1', priority: 2_130_706_431, address: '2001:db8::1', port: 8081 }],
          endOfCandidates: true,
          rtcpMux: true,
          rtcpRsize: true,
          codecs: [
            { payloadType: 96, name: 'VP8', clockRateHz: 90_000, channels: 1, fmtp: '', feedback: [{ type: 'nack', parameter: 'pli' }] },
            { payloadType: 97, name: 'rtx', clockRateHz: 90_000, channels: 1, fmtp: 'apt=96', feedback: [] },
          ],
          extensions: [
            { id: 4, uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', direction: 'sendrecv' },
            { id: 5, uri: 'urn:3gpp:video-orientation', direction: 'recvonly' },
          ],
          msids: [{ streamId: '-', trackId: '{a}' }],
          ssrcs: [
            { ssrc: 1, cname: 'c', msid: { streamId: 's', trackId: 't' } },
            { ssrc: 4_294_967_295, cname: 'c', msid: { streamId: 's', trackId: 't' } },
          ],
          ssrcGroups: [{ semantics: 'FID', ssrcs: [1, 4_294_967_295] }],
          rids: [
            { id: 'q', direction: 'recv', restrictions: 'max-width=320' },
            { id: 'f', direction: 'recv', restrictions: '' },
          ],
          simulcast: { send: [], recv: ['q', 'f'] },
          sctp: undefined,
        },
        {
          kind: 'application',
          media: 'application',
          port: 8081,
          bundleOnly: false,
          protocol: 'UDP/DTLS/SCTP',
          formats: ['webrtc-datachannel'],
          mid: 'd',
          direction: 'sendrecv',
          ice: undefined,
          fingerprints: [],
          setup: undefined,
          candidates: [],
          endOfCandidates: false,
          rtcpMux: false,
          rtcpRsize: false,
          codecs: [],
          extensions: [],
          msids: [],
          ssrcs: [],
          ssrcGroups: [],
          rids: [],
          simulcast: undefined,
          sctp: { port: 5000, maxMessageSize: 262_144 },
        },
      ],
    };

    expect(parsed(writeSdp(description))).toEqual(description);
  });
});
