import { capturedOffer, capturedOffers } from '@causeway/testkit/captured-offers';
import { isRejectedSection, parseSdp, type SdpDescription, type SdpSection } from '@causeway/wire';

function parsed(sdp: string): SdpDescription {
  const result = parseSdp(sdp);
  if (!result.ok) throw new Error(result.reason);
  return result.description;
}

function sectionOf(sdp: string, index: number): SdpSection {
  const section = parsed(sdp).sections[index];
  if (section === undefined) throw new Error(`no section ${index}`);
  return section;
}

const MINIMAL = ['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', 't=0 0'];
const AUDIO = 'm=audio 9 UDP/TLS/RTP/SAVPF 111';

function hash(bytes: number): string {
  return Array.from({ length: bytes }, () => 'AB').join(':');
}

function sdpOf(...lines: string[]): string {
  return `${[...MINIMAL, ...lines].join('\r\n')}\r\n`;
}

describe('real offers', () => {
  it.each(capturedOffers())('%s has credentials, a fingerprint and a mid in every section', (name) => {
    const description = parsed(capturedOffer(name));

    expect(description.bundle).toEqual(
      name.includes('no-media') || name.includes('no-bundle') ? [] : description.sections.map(({ mid }) => mid),
    );
    for (const section of description.sections) {
      expect(section.ice?.ufrag).toMatch(/^\S{4,}$/);
      expect(section.ice?.password).toMatch(/^\S{22,}$/);
      expect(section.fingerprints).toEqual([{ algorithm: 'sha-256', value: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/) }]);
      expect(section.setup).toBe('actpass');
      expect(section.mid).toBeDefined();
      expect(isRejectedSection(section)).toBe(false);
    }
  });

  it("keeps Chromium's codecs in the order of the m-line, each with its parameters and feedback", () => {
    const video = sectionOf(capturedOffer('chromium-simulcast-publisher'), 1);

    expect(video.codecs.slice(0, 3)).toEqual([
      {
        payloadType: 96,
        name: 'VP8',
        clockRateHz: 90_000,
        channels: 1,
        fmtp: '',
        feedback: [
          { type: 'goog-remb', parameter: '' },
          { type: 'transport-cc', parameter: '' },
          { type: 'ccm', parameter: 'fir' },
          { type: 'nack', parameter: '' },
          { type: 'nack', parameter: 'pli' },
        ],
      },
      { payloadType: 97, name: 'rtx', clockRateHz: 90_000, channels: 1, fmtp: 'apt=96', feedback: [] },
      expect.objectContaining({
        payloadType: 102,
        name: 'H264',
        fmtp: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f',
      }),
    ]);
    expect(video.codecs.map(({ payloadType }) => payloadType)).toEqual(video.formats.map(Number));
  });

  it("reads Chromium's simulcast layers in the order of a=simulcast", () => {
    const video = sectionOf(capturedOffer('chromium-simulcast-publisher'), 1);

    expect(video.simulcast).toEqual({ send: ['q', 'h', 'f'], recv: [] });
    expect(video.rids.map(({ id, direction }) => `${id} ${direction}`)).toEqual(['q send', 'h send', 'f send']);
    expect(video.ssrcs).toEqual([]);
  });

  it("keeps the braces of Firefox's track ids, and its extensions' directions", () => {
    const video = sectionOf(capturedOffer('firefox-simulcast-publisher'), 1);

    expect(video.msids).toEqual([{ streamId: '-', trackId: '{243caa42-e5a9-40e1-b626-b5b71bcf1bcc}' }]);
    expect(video.extensions.find(({ uri }) => uri.endsWith('rtp-stream-id'))).toEqual({
      id: 9,
      uri: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
      direction: 'sendonly',
    });
    expect(video.ssrcGroups).toHaveLength(3);
    expect(parsed(capturedOffer('firefox-simulcast-publisher')).extmapAllowMixed).toBe(true);
  });

  it("reads the channel count of Firefox's opus and G.722", () => {
    const audio = sectionOf(capturedOffer('firefox-simulcast-publisher'), 0);

    expect(audio.codecs.map(({ name, channels }) => `${name}/${channels}`)).toEqual([
      'opus/2',
      'G722/1',
      'PCMU/1',
      'PCMA/1',
      'telephone-event/1',
    ]);
  });

  it('takes the track id of GStreamer from its ssrc lines, and does not take its bundle-only section for a rejected one', () => {
    const audio = sectionOf(capturedOffer('gstreamer-audio-video-publisher'), 1);

    expect(audio.port).toBe(0);
    expect(isRejectedSection(audio)).toBe(false);
    expect(audio.msids).toEqual([]);
    expect(audio.ssrcs[0]?.msid?.trackId).toBe('webrtctransceiver1');
  });

  it("reads aiortc's own credentials for each section and its old form of data section", () => {
    const { sections } = parsed(capturedOffer('aiortc-audio-video-data'));

    expect(new Set(sections.map(({ ice }) => ice?.ufrag)).size).toBe(3);
    expect(sections[2]).toMatchObject({ kind: 'application', protocol: 'DTLS/SCTP', sctp: { port: 5000, maxMessageSize: 65_536 } });
  });

  it('pairs streams with their retransmissions', () => {
    const video = sectionOf(capturedOffer('chromium-quick-start-publisher'), 0);
    const [group] = video.ssrcGroups;

    expect(group?.semantics).toBe('FID');
    expect(group?.ssrcs).toEqual(video.ssrcs.map(({ ssrc }) => ssrc));
  });
});

describe('what a section inherits and what it leaves out', () => {
  it('takes credentials, fingerprints, setup and direction from the session where it has none', () => {
    const section = sectionOf(
      sdpOf(
        'a=ice-ufrag:1234',
        'a=ice-pwd:0123456789012345678901',
        `a=fingerprint:SHA-1 ${'aa:'.repeat(19)}bb`,
        'a=setup:active',
        'a=recvonly',
        AUDIO,
      ),
      0,
    );

    expect(section.ice).toEqual({ ufrag: '1234', password: '0123456789012345678901' });
    expect(section.fingerprints).toEqual([{ algorithm: 'sha-1', value: `${'AA:'.repeat(19)}BB` }]);
    expect(section.setup).toBe('active');
    expect(section.direction).toBe('recvonly');
  });

  it('keeps several fingerprints', () => {
    const section = sectionOf(sdpOf(AUDIO, `a=fingerprint:sha-1 ${hash(20)}`, `a=fingerprint:sha-256 ${hash(32)}`), 0);

    expect(section.fingerprints.map(({ algorithm }) => algorithm)).toEqual(['sha-1', 'sha-256']);
  });

  it('is sendrecv by default', () => {
    expect(sectionOf(sdpOf(AUDIO), 0).direction).toBe('sendrecv');
  });

  it('knows static payload types without a=rtpmap and skips other ones', () => {
    const section = sectionOf(sdpOf('m=audio 9 UDP/TLS/RTP/SAVPF 0 8 9 96'), 0);

    expect(section.codecs.map(({ payloadType, name }) => `${payloadType} ${name}`)).toEqual(['0 PCMU', '8 PCMA', '9 G722']);
  });

  it('takes no codec for what it is whose clock could not be', () => {
    const section = sectionOf(sdpOf('m=video 9 UDP/TLS/RTP/SAVPF 96 97', 'a=rtpmap:96 VP8/2000000', 'a=rtpmap:97 VP8/90000'), 0);

    expect(section.codecs.map(({ payloadType }) => payloadType)).toEqual([97]);
  });

  it('applies feedback for * to every codec', () => {
    const section = sectionOf(sdpOf(AUDIO, 'a=rtpmap:111 opus/48000/2', 'a=rtcp-fb:* nack'), 0);

    expect(section.codecs[0]?.feedback).toEqual([{ type: 'nack', parameter: '' }]);
  });

  it('keeps no more feedback of a codec than a browser could mean', () => {
    const lines = Array.from({ length: 1_000 }, (_, number) => `a=rtcp-fb:* nack x${number}`);

    const section = sectionOf(sdpOf(AUDIO, 'a=rtpmap:111 opus/48000/2', ...lines), 0);

    expect(section.codecs[0]?.feedback).toHaveLength(16);
  });

  it.each([
    ['a=simulcast:send q;h;f recv a', { send: ['q', 'h', 'f'], recv: ['a'] }],
    ['a=simulcast:send 1,2;~3', { send: ['1', '3'], recv: [] }],
    ['a=simulcast: send rid=q;h;f', { send: ['q', 'h', 'f'], recv: [] }],
    ['a=simulcast: recv rid=1', { send: [], recv: ['1'] }],
  ])('reads %s', (line, expected) => {
    expect(sectionOf(sdpOf('m=video 9 UDP/TLS/RTP/SAVPF 96', line), 0).simulcast).toEqual(expected);
  });

  it.each(['\n', '\r\n'])('accepts lines that end with %j', (end) => {
    expect(parsed([...MINIMAL, AUDIO, 'a=mid:a'].join(end)).sections[0]?.mid).toBe('a');
  });

  it('keeps only host candidates over UDP', () => {
    const section = sectionOf(
      sdpOf(
        AUDIO,
        'a=candidate:1 1 udp 2130706431 192.0.2.1 8081 typ host',
        'a=candidate:2 1 tcp 2130706431 192.0.2.1 8081 typ host tcptype passive',
        'a=candidate:3 1 udp 1 192.0.2.1 8081 typ srflx raddr 10.0.0.1 rport 9',
      ),
      0,
    );

    expect(section.candidates).toEqual([{ foundation: '1', priority: 2_130_706_431, address: '192.0.2.1', port: 8081 }]);
  });

  it('names of built-in properties are ordinary text', () => {
    const names = ['__proto__', 'constructor', 'toString'];
    const lines = names.flatMap((name) => [AUDIO, `a=mid:${name}`, `a=rtpmap:111 ${name}/1`, `a=rid:${name} send`, `a=extmap:1 ${name}`]);

    expect(parsed(sdpOf(...lines)).sections.map(({ mid }) => mid)).toEqual(names);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('refusals', () => {
  const limits = {
    maxLength: 4000,
    maxLines: 60,
    maxLineLength: 200,
    maxSections: 2,
    maxCodecsPerSection: 3,
    maxDistinctCodecs: 4,
    maxExtensionsPerSection: 2,
    maxDistinctExtensions: 3,
    maxSsrcLinesPerSection: 2,
    maxRidsPerSection: 2,
  };

  it.each([
    ['other text', 'hello', 'line 1 is not v=0', 1],
    ['no text', '', 'is empty', undefined],
    ['too much text', sdpOf('a=x'.padEnd(4000, 'x')), 'is longer than 4000 characters', undefined],
    ['a long line', sdpOf(`a=x:${'x'.repeat(200)}`), 'line 5 is longer than 200 characters', 5],
    ['many lines', sdpOf(...Array(60).fill('a=x')), 'line 61 has more than 60 lines', 61],
    ['many sections', sdpOf(AUDIO, AUDIO, AUDIO), 'line 7 has more than 2 m-sections', 7],
    ['many payload types', sdpOf('m=audio 9 X 1 2 3 4'), 'line 5 lists more than 3 payload types', 5],
    [
      'many codecs',
      sdpOf(AUDIO, ...Array(4).fill('a=rtpmap:1 a/1')),
      'line 9 is one a=rtpmap line more than the 3 that a section may have',
      9,
    ],
    [
      'many SSRCs',
      sdpOf(AUDIO, ...Array(3).fill('a=ssrc:1 cname:a')),
      'line 8 is one a=ssrc line more than the 2 that a section may have',
      8,
    ],
    ['a broken m-line', sdpOf(AUDIO, 'm=video'), 'line 6 is not m=<media> <port> <protocol> <format> …', 6],
    ['a port that is none', sdpOf('m=audio 70000 UDP/TLS/RTP/SAVPF 0'), 'line 5 is not m=<media> <port> <protocol> <format> …', 5],
    [
      'many different codecs',
      sdpOf('m=audio 9 RTP/SAVPF 0 1 2', 'm=audio 9 RTP/SAVPF 3 4 5'),
      'has too many different codecs; bundled m-sections share 128 payload types',
      undefined,
    ],
    [
      'many different extensions',
      sdpOf(AUDIO, 'a=extmap:1 a', 'a=extmap:2 b', AUDIO, 'a=extmap:3 c', 'a=extmap:4 d'),
      'has too many different header extensions; bundled m-sections share 255 ids',
      undefined,
    ],
  ])('refuses %s and says where', (_name, sdp, reason, line) => {
    expect(parseSdp(sdp, limits)).toEqual({ ok: false, reason, ...(line !== undefined && { line }) });
  });

  it('counts codecs for each section by itself', () => {
    const section = [AUDIO, ...Array(3).fill('a=rtpmap:1 a/1')];

    expect(parseSdp(sdpOf(...section, ...section), limits).ok).toBe(true);
  });

  it('shares the lists of codecs and extensions between sections that say the same', () => {
    const section = [AUDIO, 'a=rtpmap:111 opus/48000/2', 'a=fmtp:111 minptime=10', 'a=extmap:1 urn:x'];
    const { sections } = parsed(sdpOf(...section, 'a=mid:0', ...section, 'a=mid:1', ...section, 'a=fmtp:111 minptime=20'));

    expect(sections[1]?.codecs).toBe(sections[0]?.codecs);
    expect(sections[1]?.extensions).toBe(sections[0]?.extensions);
    expect(sections[2]?.codecs).not.toEqual(sections[0]?.codecs);
  });
});
