import { formatSessionId } from '@causeway/protocol';
import { capturedOffer, capturedOffers } from '@causeway/testkit/captured-offers';
import { seededBytes } from '@causeway/testkit/mesh';
import { isRejectedSection, parseSdp, type SdpDescription, type SdpSection } from '@causeway/wire';
import { answerOffer, createNegotiation, hostCandidates, type OfferPolicy } from '../../src/negotiation/index.ts';

const LOCAL = {
  fingerprint: { algorithm: 'sha-256', value: 'AB:CD' },
  candidates: hostCandidates(['192.0.2.1', '2001:db8::1'], 8081),
  port: 8081,
};
const ALL: OfferPolicy = { publish: [], autoPublish: 'new', subscribe: [], maxSections: 256 };

function parsed(sdp: string): SdpDescription {
  const result = parseSdp(sdp);
  if (!result.ok) throw new Error(result.reason);
  return result.description;
}

function answerTo(sdp: string, policy: Partial<OfferPolicy> = {}) {
  const random = seededBytes();
  const negotiation = createNegotiation(formatSessionId(1, 'fc756623-3be4-4c40-b651-20e22095ee07'), 0, LOCAL, random);
  return answerOffer(negotiation, parsed(sdp), { ...ALL, ...policy }, random);
}

function section(description: SdpDescription, index: number): SdpSection {
  const found = description.sections[index];
  if (found === undefined) throw new Error(`there is no section ${index}`);
  return found;
}

describe.each(capturedOffers())('the answer to %s', (name) => {
  const offer = parsed(capturedOffer(name));
  const { answer } = answerTo(capturedOffer(name));

  it('has the sections of the offer, in place, all in use and bundled as offered', () => {
    expect(answer.sections.map(({ media, mid, protocol }) => [media, mid, protocol])).toEqual(
      offer.sections.map(({ media, mid, protocol }) => [media, mid, protocol]),
    );
    expect(answer.sections.filter(isRejectedSection)).toEqual([]);
    expect(answer.bundle).toEqual(offer.bundle);
  });

  it('is ice-lite, passive, and names all candidates once', () => {
    expect(answer.iceLite).toBe(true);
    for (const [index, { setup, ice, candidates, endOfCandidates }] of answer.sections.entries()) {
      expect(setup).toBe('passive');
      expect(ice).toEqual(answer.sections[0]?.ice);
      expect(candidates.map(({ address, port }) => `${address} ${port}`)).toEqual(
        index === 0 ? ['192.0.2.1 8081', '2001:db8::1 8081'] : [],
      );
      expect(endOfCandidates).toBe(index === 0);
    }
  });

  it('only receives, and says nothing that was not offered', () => {
    for (const [index, answered] of answer.sections.entries()) {
      const offered = section(offer, index);
      if (answered.kind === 'application') continue;
      expect(answered.direction).toBe(offered.direction === 'recvonly' ? 'inactive' : 'recvonly');
      expect(answered.ssrcs).toEqual([]);
      expect(answered.msids).toEqual([]);
      expect(answered.rtcpMux).toBe(true);
      for (const codec of answered.codecs) {
        const match = offered.codecs.find(({ payloadType }) => payloadType === codec.payloadType);
        expect({ ...codec, feedback: [] }).toEqual({ ...match, feedback: [] });
        expect(match?.feedback).toEqual(expect.arrayContaining([...codec.feedback]));
      }
      for (const { id, uri } of answered.extensions) expect(offered.extensions.find((extension) => extension.id === id)?.uri).toBe(uri);
    }
  });

  it('leaves out what is not forwarded', () => {
    const names = answer.sections.flatMap(({ codecs }) => codecs.map((codec) => codec.name.toLowerCase()));
    const reds = answer.sections.flatMap(({ kind, codecs }) => codecs.filter(({ name }) => name === 'red').map(() => kind));

    expect(reds.every((kind) => kind === 'audio')).toBe(true);
    expect(names.filter((each) => !['opus', 'pcmu', 'pcma', 'g722', 'vp8', 'vp9', 'h264', 'av1', 'rtx', 'red'].includes(each))).toEqual([]);
  });

  it('asks for one kind of congestion feedback', () => {
    for (const { codecs, extensions } of answer.sections) {
      const types = new Set(codecs.flatMap(({ feedback }) => feedback.map(({ type }) => type)));
      expect(types.has('transport-cc') && types.has('goog-remb')).toBe(false);
      if (types.has('transport-cc')) expect(extensions.some(({ uri }) => uri.includes('transport-wide-cc'))).toBe(true);
    }
  });
});

describe('an answer', () => {
  it('takes all of Chromium: every profile of H.264 and VP9 with its retransmissions', () => {
    const video = section(answerTo(capturedOffer('chromium-quick-start-publisher')).answer, 0);

    expect(video.formats.join(' ')).toBe('96 97 102 103 104 107 108 109 114 115 116 117 39 40 45 46 98 99 100 101');
    expect(video.codecs[0]?.feedback.map(({ type, parameter }) => `${type} ${parameter}`.trim())).toEqual([
      'transport-cc',
      'ccm fir',
      'nack',
      'nack pli',
    ]);
  });

  it('accepts the header extensions that are used or passed on, with their ids', () => {
    const [audio, video] = answerTo(capturedOffer('chromium-simulcast-publisher')).answer.sections;

    expect(audio?.extensions.map(({ id }) => id)).toEqual([1, 3, 4]);
    expect(video?.extensions.map(({ id, uri }) => `${id} ${uri.split(/[:/]/).at(-1)}`)).toEqual([
      '13 video-orientation',
      '3 draft-holmer-rmcat-transport-wide-cc-extensions-01',
      '5 playout-delay',
      '6 video-content-type',
      '8 color-space',
      '4 mid',
      '10 rtp-stream-id',
      '11 repaired-rtp-stream-id',
      '12 #dependency-descriptor-rtp-header-extension',
    ]);
  });

  it('receives a simulcast layer once, however often it was offered', () => {
    const offer = capturedOffer('chromium-simulcast-publisher').replace(
      'a=simulcast:send q;h;f',
      `a=simulcast:send ${'q;h;'.repeat(2000)}f`,
    );

    const video = section(answerTo(offer).answer, 1);

    expect(video.simulcast).toEqual({ send: [], recv: ['q', 'h', 'f'] });
    expect(video.rids.map(({ id }) => id)).toEqual(['q', 'h', 'f']);
  });

  it('receives a layer once that was declared several times', () => {
    const offer = capturedOffer('chromium-simulcast-publisher')
      .replace('a=rid:h send', 'a=rid:q send')
      .replace('a=simulcast:send q;h;f', 'a=x');

    const video = section(answerTo(offer).answer, 1);

    expect(video.rids.map(({ id }) => id)).toEqual(['q', 'f']);
  });

  it('receives the simulcast layers that were offered, in their order', () => {
    const video = section(answerTo(capturedOffer('chromium-simulcast-publisher')).answer, 1);

    expect(video.simulcast).toEqual({ send: [], recv: ['q', 'h', 'f'] });
    expect(video.rids.map(({ id, direction }) => `${id} ${direction}`)).toEqual(['q recv', 'h recv', 'f recv']);
  });

  it("reverses the direction of Firefox's header extensions", () => {
    const video = section(answerTo(capturedOffer('firefox-simulcast-publisher')).answer, 1);

    expect(video.extensions.find(({ uri }) => uri.endsWith(':rtp-stream-id'))?.direction).toBe('recvonly');
    expect(video.extensions.find(({ uri }) => uri.endsWith('playout-delay'))?.direction).toBe('sendonly');
  });

  it('falls back to goog-remb and send times where the client has no transport-wide feedback', () => {
    const [, video] = answerTo(capturedOffer('aiortc-audio-video-publisher')).answer.sections;

    expect(video?.codecs[0]?.feedback.map(({ type }) => type)).toContain('goog-remb');
    expect(video?.rtcpRsize).toBe(false);
    const [videoAlone] = answerTo(capturedOffer('aiortc-quick-start-subscriber')).answer.sections;
    expect(videoAlone?.extensions.map(({ uri }) => uri.split(/[:/]/).at(-1))).toEqual(['mid', 'abs-send-time']);
  });

  it.each(['publisher', 'recvonly'])('agrees with aiortc to one meaning for each extension id of a bundle (%s)', (role) => {
    const { sections } = answerTo(capturedOffer(`aiortc-audio-video-${role}`)).answer;

    expect(sections.map(({ extensions }) => extensions.map(({ id, uri }) => `${id} ${uri.split(/[:/]/).at(-1)}`))).toEqual([
      ['1 mid', '2 ssrc-audio-level'],
      ['1 mid'],
    ]);
  });

  it('keeps opus in stereo', () => {
    const stereo = capturedOffer('chromium-audio-video-sendonly').replace('a=fmtp:111 minptime=10', 'a=fmtp:111 stereo=1;minptime=10');

    expect(section(answerTo(stereo).answer, 0).codecs[0]?.fmtp).toBe('stereo=1;minptime=10;useinbandfec=1');
  });

  it('answers the old form of data section in its own form', () => {
    const data = section(answerTo(capturedOffer('aiortc-audio-video-data')).answer, 2);

    expect(data).toMatchObject({ protocol: 'DTLS/SCTP', formats: ['5000'], sctp: { port: 5000, maxMessageSize: 262_144 } });
  });

  it('rejects sections that it does not support, in place', () => {
    const sdp = capturedOffer('chromium-audio-video-sendonly')
      .replace(/^a=rtpmap:(\d+) (VP8|VP9|H264|AV1)\//gm, 'a=rtpmap:$1 H265/')
      .concat('m=text 9 UDP/TLS/RTP/SAVPF 98\r\na=mid:t\r\na=rtcp-mux\r\n')
      .replace('a=group:BUNDLE 0 1', 'a=group:BUNDLE 0 1 t');
    const { answer, state } = answerTo(sdp);

    expect(answer.sections.map(({ media, port }) => [media, port])).toEqual([
      ['audio', 8081],
      ['video', 0],
      ['text', 0],
    ]);
    expect(answer.bundle).toEqual(['0']);
    expect(state.sections.map(({ type }) => type)).toEqual(['rtp', 'rejected', 'rejected']);
  });

  it('counts its versions up and keeps its id', () => {
    const random = seededBytes();
    const sdp = parsed(capturedOffer('chromium-quick-start-publisher'));
    const first = answerOffer(
      createNegotiation(formatSessionId(1, 'fc756623-3be4-4c40-b651-20e22095ee07'), 0, LOCAL, random),
      sdp,
      ALL,
      random,
    );

    const second = answerOffer(first.state, sdp, ALL, random);

    expect([first.answer.origin.version, second.answer.origin.version]).toEqual(['1', '2']);
    expect(second.answer.origin.sessionId).toBe(first.answer.origin.sessionId);
    expect(BigInt(first.answer.origin.sessionId)).toBeLessThan(2n ** 62n);
  });
});

describe('an offer is refused that', () => {
  const base = capturedOffer('chromium-audio-video-sendonly');

  it.each([
    ['does not bundle its sections', base.replace('a=group:BUNDLE 0 1', 'a=group:BUNDLE 0'), 'm-section 1 is not in the BUNDLE group'],
    ['does not multiplex RTCP', base.replace('a=rtcp-mux\r\n', ''), 'm-section 0 has no a=rtcp-mux'],
    ['has a section without mid', base.replace('a=mid:1\r\n', ''), 'm-section 1 has no a=mid'],
    ['has two sections with one mid', base.replace('a=mid:1\r\n', 'a=mid:0\r\n'), 'two m-sections with mid 0'],
    ['has no ICE credentials', base.replaceAll(/a=ice-pwd:.*\r\n/g, ''), 'm-section 0 has no a=ice-ufrag or no a=ice-pwd'],
    [
      'has only a weak fingerprint',
      base.replaceAll(/a=fingerprint:sha-256 .*/g, `a=fingerprint:sha-1 ${Array(20).fill('AB').join(':')}`),
      'has no a=fingerprint with sha-256',
    ],
  ])('%s', (_name, sdp, reason) => {
    expect(() => answerTo(sdp)).toThrow(
      expect.objectContaining({ code: 'invalid_session_description', message: expect.stringContaining(reason) }),
    );
  });

  it.each([
    ['drops a section', (sdp: string) => sdp.slice(0, sdp.indexOf('m=video')).replace('BUNDLE 0 1', 'BUNDLE 0'), 'this session has 2'],
    ['renames a section', (sdp: string) => sdp.replace('a=mid:1', 'a=mid:7').replace('BUNDLE 0 1', 'BUNDLE 0 7'), 'm-section 1 has mid 7'],
    [
      'changes the kind of a section',
      (sdp: string) => sdp.replace('m=video', 'm=audio'),
      'm-section 1 is audio; in this session it is video',
    ],
  ])('later %s', (_name, change, reason) => {
    const random = seededBytes();
    const first = answerTo(base);

    expect(() => answerOffer(first.state, parsed(change(base)), ALL, random)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(reason) }),
    );
  });
});
