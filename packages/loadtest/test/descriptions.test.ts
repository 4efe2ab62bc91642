import { TRANSPORT_WIDE_CC_URI } from '@causeway/wire';
import { sentPayloadType, writeAnswer } from '../src/sdp/answer.ts';
import type { LocalTransport } from '../src/sdp/local-media.ts';
import { writeOffer } from '../src/sdp/offer.ts';
import { readRemoteDescription } from '../src/sdp/remote-description.ts';

const transport: LocalTransport = {
  ice: { ufrag: 'abcd1234', password: 'a-password-of-at-least-22' },
  fingerprint: { algorithm: 'sha-256', value: 'AB:CD' },
};
const track = { streamId: 'stream-1', trackId: 'track-1', encodings: { ssrc: 4_000_000_000 } };

const SFU_OFFER = [
  'v=0',
  'o=- 1 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=ice-lite',
  'a=group:BUNDLE 0 1 2 data',
  'm=video 9 UDP/TLS/RTP/SAVPF 100 97 98',
  'c=IN IP4 0.0.0.0',
  'a=candidate:1 1 udp 2130706431 192.0.2.7 8081 typ host',
  'a=candidate:2 1 UDP 2130706430 127.0.0.1 8081 typ host generation 0',
  'a=candidate:3 1 tcp 1 127.0.0.1 8081 typ host tcptype passive',
  'a=candidate:4 1 udp 1 2001:db8::1 8081 typ host',
  'a=ice-ufrag:remote-ufrag',
  'a=ice-pwd:remote-password',
  'a=fingerprint:SHA-256 aa:bb',
  'a=setup:actpass',
  'a=mid:0',
  'a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid',
  'a=extmap:3 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  `a=extmap:11 ${TRANSPORT_WIDE_CC_URI}`,
  'a=sendonly',
  'a=rtpmap:100 H264/90000',
  'a=rtpmap:97 rtx/90000',
  'a=rtpmap:98 VP8/90000',
  'a=ssrc:77 cname:the-sfu',
  'a=ssrc:77 msid:stream camera',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'a=mid:1',
  'a=sendonly',
  'a=rtpmap:111 opus/48000/2',
  'm=audio 9 UDP/TLS/RTP/SAVPF 0',
  'a=mid:2',
  'a=sendonly',
  'a=rtpmap:0 PCMU/8000',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'a=mid:data',
  '',
].join('\r\n');

describe('an offer', () => {
  test('to send names its track in msid and by SSRC', () => {
    const lines = writeOffer(transport, track).split('\r\n');

    expect(lines).toEqual(expect.arrayContaining(['a=sendonly', 'a=msid:stream-1 track-1', 'a=ssrc:4000000000 msid:stream-1 track-1']));
  });

  test('to send simulcast names its layers by rid, and no SSRC', () => {
    const lines = writeOffer(transport, { ...track, encodings: { rids: ['q', 'h', 'f'] } }).split('\r\n');

    expect(lines).toEqual(expect.arrayContaining(['a=rid:q send', 'a=rid:h send', 'a=rid:f send', 'a=simulcast:send q;h;f']));
    expect(lines).toContain('a=extmap:5 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id');
    expect(lines.filter((line) => line.startsWith('a=ssrc'))).toEqual([]);
  });

  test('to receive names no track', () => {
    const lines = writeOffer(transport, undefined).split('\r\n');

    expect(lines).toContain('a=recvonly');
    expect(lines.filter((line) => line.includes('msid') || line.startsWith('a=ssrc'))).toEqual([]);
  });

  test.each([track, undefined])('leaves the DTLS role to the SFU, and describes the transport once for all sections', (offered) => {
    const { transport: read, sections } = readRemoteDescription(writeOffer(transport, offered));

    expect(read).toEqual({ ice: transport.ice, fingerprints: [transport.fingerprint], setup: 'actpass', candidates: [] });
    expect(sections.map(({ mid, formats }) => [mid, formats])).toEqual([['0', ['96']]]);
  });

  test('to send audio has one section of Opus', () => {
    const { sections } = readRemoteDescription(writeOffer(transport, { ...track, kind: 'audio' }));

    expect(sections.map(({ kind, formats, rtpmaps }) => [kind, formats, [...rtpmaps]])).toEqual([
      ['audio', ['111'], [[111, 'opus/48000/2']]],
    ]);
  });

  test('ends every line with CRLF (RFC 8866 §5)', () => {
    const offer = writeOffer(transport, track);

    expect(offer.endsWith('\r\n')).toBe(true);
    expect(offer.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });
});

describe('a description of the SFU', () => {
  test('gives transport and sections', () => {
    const offer = readRemoteDescription(SFU_OFFER);

    expect(offer.transport.fingerprints).toEqual([{ algorithm: 'sha-256', value: 'AA:BB' }]);
    expect(offer.transport.ice).toEqual({ ufrag: 'remote-ufrag', password: 'remote-password' });
    expect(offer.sections.map(({ kind, mid, direction }) => [kind, mid, direction])).toEqual([
      ['video', '0', 'sendonly'],
      ['audio', '1', 'sendonly'],
      ['audio', '2', 'sendonly'],
      ['application', 'data', 'sendrecv'],
    ]);
  });

  test('yields only host candidates on UDP, the only ones that load clients can use', () => {
    expect(readRemoteDescription(SFU_OFFER).transport.candidates).toEqual([
      { address: '192.0.2.7', port: 8081 },
      { address: '127.0.0.1', port: 8081 },
      { address: '2001:db8::1', port: 8081 },
    ]);
  });

  test('gives the SSRC of each track that is sent', () => {
    const { sections } = readRemoteDescription(SFU_OFFER);

    expect(sections.flatMap(({ sources }) => sources)).toEqual([{ ssrc: 77, trackId: 'camera', kind: 'video' }]);
  });

  test('without a line that connecting needs is refused, and the error names the line', () => {
    expect(() => readRemoteDescription(SFU_OFFER.replace('a=ice-pwd:remote-password\r\n', ''))).toThrow('"a=ice-pwd:"');
    expect(() => readRemoteDescription('v=0\r\n')).toThrow('without any m-line');
  });
});

describe('an answer', () => {
  const offer = readRemoteDescription(SFU_OFFER);
  const answer = writeAnswer(offer, { transport, setup: 'active', version: 2 });

  test('has the sections of the offer, in their order', () => {
    const { sections } = readRemoteDescription(answer);

    expect(sections.map(({ kind, mid, protocol }) => [kind, mid, protocol])).toEqual(
      offer.sections.map(({ kind, mid, protocol }) => [kind, mid, protocol]),
    );
    expect(answer).toContain('a=group:BUNDLE 0 1 2 data\r\n');
  });

  test('receives VP8 and Opus under the payload types of the offer, and nothing else', () => {
    const { sections } = readRemoteDescription(answer);

    expect(sentPayloadType(offer.sections[0]!)).toBe(98);
    expect(sections[0]).toMatchObject({ direction: 'recvonly', formats: ['98'] });
    expect([...sections[0]!.rtpmaps]).toEqual([[98, 'VP8/90000']]);
    expect(sections[1]).toMatchObject({ direction: 'recvonly', formats: ['111'] });
    expect([...sections[1]!.rtpmaps]).toEqual([[111, 'opus/48000/2']]);
  });

  test('uses the offered ids of the extensions it knows', () => {
    expect([...readRemoteDescription(answer).sections[0]!.extensions]).toEqual([
      ['urn:ietf:params:rtp-hdrext:sdes:mid', 9],
      [TRANSPORT_WIDE_CC_URI, 11],
    ]);
  });

  test('promises transport-wide feedback where packets are numbered for it, and nowhere else', () => {
    const [, video, audio] = answer.split(/(?=^m=)/m);

    expect(video).toContain('a=rtcp-fb:98 transport-cc\r\n');
    expect(audio).not.toContain('transport-cc');
  });

  test('leaves sections that it cannot receive inactive', () => {
    expect(
      readRemoteDescription(answer)
        .sections.slice(2)
        .map(({ direction }) => direction),
    ).toEqual(['inactive', 'inactive']);
  });

  test('keeps the DTLS role of the first exchange if the offer leaves it open again', () => {
    expect(answer.match(/a=setup:\w+/g)).toEqual(Array(4).fill('a=setup:active'));
    expect(writeAnswer(offer, { transport, setup: 'passive', version: 2 })).toContain('a=setup:passive');
  });
});
