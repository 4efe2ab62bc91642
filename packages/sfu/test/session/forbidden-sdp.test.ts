/** SDP that no RFC allows is refused with a sentence that says what is wrong; what real clients write is not. */
import { capturedOffer, capturedOffers } from '@causeway/testkit/captured-offers';
import { APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

const CAMERA = capturedOffer('chromium-audio-video-sendonly');
const HEX_PAIRS = (count: number) => Array.from({ length: count }, () => 'AB').join(':');

function replaced(pattern: RegExp | string, replacement: string): string {
  const changed = CAMERA.replace(pattern, replacement);
  if (changed === CAMERA) throw new Error(`the offer has no ${pattern}`);
  return changed;
}

/** With these lines at the end of the last m-section, which is the one of the video. */
function withLines(...lines: string[]): string {
  return CAMERA + lines.map((line) => `${line}\r\n`).join('');
}

function offer(world: SfuUnderTest, sdp: string) {
  return world.sfu.createSession(APP, { sessionDescription: { type: 'offer', sdp } });
}

describe('an offer is refused', () => {
  it.each<[string, string, string]>([
    // RFC 8866
    ['that says v=0 and nothing else', 'v=0\r\n', 'lacks o=, s=, t= before its first m-line'],
    ['without an o-line', replaced(/^o=.*\r\n/m, ''), 'lacks o= before its first m-line'],
    ['without an s-line', replaced(/^s=.*\r\n/m, ''), 'lacks s= before its first m-line'],
    ['without a t-line', replaced(/^t=.*\r\n/m, ''), 'lacks t= before its first m-line'],
    ['of another version', replaced('v=0', 'v=1'), 'line 1 is not v=0'],
    ['of version 01', replaced('v=0', 'v=01'), 'line 1 is not v=0'],
    ['with two o-lines', replaced(/^(o=.*\r\n)/m, '$1$1'), 'line 3 is a second o='],
    ['with two s-lines', replaced(/^(s=.*\r\n)/m, '$1$1'), 'line 4 is a second s='],
    ['whose o-line has no address', replaced(/^o=.*/m, 'o=- 1 2 IN IP4'), 'line 2 is not o='],
    ['whose session id is a word', replaced(/^o=.*/m, 'o=- x 2 IN IP4 0.0.0.0'), 'line 2 is not o='],
    ['whose t-line is a word', replaced(/^t=.*/m, 't=now'), 'is not t=<start> <stop>'],
    ['with an o-line in an m-section', withLines('o=- 1 2 IN IP4 0.0.0.0'), 'is o= in an m-section'],
    ['with a line of no type', withLines('hello'), 'is not SDP'],
    ['with a line of a type that does not exist', withLines('x=1'), 'is not SDP'],
    ['whose m-line has no format', replaced(/^m=video.*/m, 'm=video 9 UDP/TLS/RTP/SAVPF'), 'is not m=<media>'],
    ['whose m-line has a port that is none', replaced('m=video 9', 'm=video 65536'), 'is not m=<media>'],
    // RFC 8839
    ['with a password of one character', replaced(/a=ice-pwd:.*/, 'a=ice-pwd:a'), 'a=ice-pwd that is not 22 to 256'],
    ['with a password of 21 characters', replaced(/a=ice-pwd:.*/, `a=ice-pwd:${'a'.repeat(21)}`), 'a=ice-pwd that is not 22 to 256'],
    ['with a password of 257 characters', replaced(/a=ice-pwd:.*/, `a=ice-pwd:${'a'.repeat(257)}`), 'a=ice-pwd that is not 22 to 256'],
    ['with a password that has a space', replaced(/a=ice-pwd:.*/, `a=ice-pwd:${'a'.repeat(22)} b`), 'a=ice-pwd that is not 22 to 256'],
    ['with a user fragment of three characters', replaced(/a=ice-ufrag:.*/, 'a=ice-ufrag:abc'), 'a=ice-ufrag that is not 4 to 256'],
    ['with a colon in its user fragment', replaced(/a=ice-ufrag:.*/, 'a=ice-ufrag:ab:cd'), 'a=ice-ufrag that is not 4 to 256'],
    ['with two user fragments in one m-section', withLines('a=ice-ufrag:another'), 'is a second a=ice-ufrag'],
    // RFC 8122
    ['whose fingerprint is one byte', replaced(/a=fingerprint:.*/, 'a=fingerprint:sha-256 AB'), 'of sha-256 that is not 32 hex pairs'],
    ['whose fingerprint is too long', replaced(/a=fingerprint:.*/, `a=fingerprint:sha-256 ${HEX_PAIRS(33)}`), 'not 32 hex pairs'],
    ['whose fingerprint is of another hash', replaced(/a=fingerprint:.*/, `a=fingerprint:sha-512 ${HEX_PAIRS(32)}`), 'not 64 hex pairs'],
    ['whose fingerprint is not hexadecimal', replaced(/a=fingerprint:.*/, `a=fingerprint:sha-256 ${HEX_PAIRS(31)}:XY`), 'not 32 hex pairs'],
    ['whose fingerprint has no value', replaced(/a=fingerprint:.*/, 'a=fingerprint:sha-256'), 'not 32 hex pairs'],
    // RFC 5761, RFC 3551
    ['with payload type 72', replaced(/^m=video.*/m, 'm=video 9 UDP/TLS/RTP/SAVPF 72'), 'payload type 72'],
    ['with payload type 64', replaced(/^m=video.*/m, 'm=video 9 UDP/TLS/RTP/SAVPF 64'), 'payload type 64'],
    ['with payload type 95', replaced(/^m=video.*/m, 'm=video 9 UDP/TLS/RTP/SAVPF 95'), 'payload type 95'],
    ['with payload type 128', replaced(/^m=video.*/m, 'm=video 9 UDP/TLS/RTP/SAVPF 128'), 'payload type 128'],
    ['with a payload type that is no number', replaced(/^m=video.*/m, 'm=video 9 UDP/TLS/RTP/SAVPF x'), 'payload type x'],
    ['that maps payload type 72', withLines('a=rtpmap:72 VP8/90000'), 'payload type 72'],
    // RFC 8285
    ['with header extension id 0', withLines('a=extmap:0 urn:x'), 'header extension id 0'],
    ['with header extension id 256', withLines('a=extmap:256 urn:x'), 'header extension id 256'],
    ['with two meanings for a header extension id', withLines('a=extmap:77 urn:x', 'a=extmap:77 urn:y'), 'id 77 a second meaning'],
    // RFC 9143 (BUNDLE), RFC 5888 (mid)
    ['whose BUNDLE group names an unknown mid', replaced(/BUNDLE 0 1/, 'BUNDLE 0 1 2'), 'names mid 2 in its BUNDLE group'],
    ['whose BUNDLE group names a mid twice', replaced(/BUNDLE 0 1/, 'BUNDLE 0 1 0'), 'names a mid twice'],
    [
      'with two m-sections of one mid',
      replaced('a=mid:1\r\n', 'a=mid:0\r\n').replace('BUNDLE 0 1', 'BUNDLE 0'),
      'two m-sections with mid 0',
    ],
    ['with two mids in one m-section', withLines('a=mid:7'), 'is a second a=mid'],
    ['with a mid that is no token', replaced('a=mid:1', 'a=mid:"1"'), 'a=mid of 1 to 32 token characters'],
    // RFC 8866 §6.7, RFC 3550, RFC 8851, RFC 8853
    ['with two directions in one m-section', withLines('a=recvonly'), 'says a=recvonly after a=sendonly'],
    ['with an SSRC of 33 bits', withLines('a=ssrc:4294967296 cname:x'), 'an SSRC has 32 bits'],
    [
      'with one SSRC in two m-sections',
      `${CAMERA.replace('m=video', 'a=ssrc:7 cname:x\r\nm=video')}a=ssrc:7 cname:x\r\n`,
      'names SSRC 7 in',
    ],
    ['with a rid that has a dot', withLines('a=rid:a.b send'), 'an a=rid whose id is not'],
    ['with two meanings for a rid', withLines('a=rid:a send', 'a=rid:a recv'), 'gives the rid a a second meaning'],
    ['with two a=simulcast', withLines('a=rid:a send', 'a=simulcast:send a', 'a=simulcast:send a'), 'is a second a=simulcast'],
  ])('%s', async (_what, sdp, reason) => {
    const world = new SfuUnderTest();

    const refused = offer(world, sdp);

    await expect(refused).rejects.toMatchObject({ code: 'invalid_session_description', message: expect.stringContaining(reason) });
    expect(world.shard.log).toEqual([]);
  });
});

describe('an offer is answered', () => {
  it.each(capturedOffers())('that %s wrote', async (name) => {
    const { sessionDescription } = await offer(new SfuUnderTest(), capturedOffer(name));

    expect(sessionDescription.sdp).toMatch(/^v=0\r\no=- \d+ \d+ IN IP4 0\.0\.0\.0\r\ns=-\r\nt=0 0\r\n/);
  });

  it.each<[string, string]>([
    ['with an empty s-line', replaced(/^s=.*/m, 's=')],
    ['with blank lines at its end', `${CAMERA}\r\n\r\n`],
    ['with lines that end with LF', CAMERA.replaceAll('\r\n', '\n')],
    ['with a fingerprint in small letters', CAMERA.replaceAll(/a=fingerprint:.*/g, `a=fingerprint:sha-256 ${HEX_PAIRS(32).toLowerCase()}`)],
    ['with a fingerprint of an unknown hash beside', withLines('a=fingerprint:sha3-256 AB:CD')],
    ['with a user fragment of four characters', CAMERA.replaceAll(/a=ice-ufrag:.*/g, 'a=ice-ufrag:a+/9')],
    ['with credentials of 256 characters', CAMERA.replaceAll(/(a=ice-(?:ufrag|pwd):).*/g, `$1${'a'.repeat(256)}`)],
    ['with header extensions whose ids are to be chosen', withLines('a=extmap:4096 urn:x')],
    ['with one attribute written twice', withLines('a=sendonly', 'a=mid:1')],
    ['with unknown attributes', withLines('a=x-something:1', 'b=AS:2000')],
    ['with a rid declared twice', withLines('a=rid:q send', 'a=rid:q send', 'a=simulcast:send q')],
    ['whose first m-section is stopped', replaced(/^m=audio 9/m, 'm=audio 0').replace('BUNDLE 0 1', 'BUNDLE 1')],
  ])('%s', async (_what, sdp) => {
    await expect(offer(new SfuUnderTest(), sdp)).resolves.toMatchObject({ sessionDescription: { type: 'answer' } });
  });

  it('without any m-section: the session waits 30 seconds for the client to continue', async () => {
    const world = new SfuUnderTest();

    const { sessionId } = await offer(world, capturedOffer('chromium-no-media-section'));
    await world.clock.advance(30_001);

    expect(world.shard.log).toEqual([]);
    expect(world.eventsOf('session.closed')).toEqual([expect.objectContaining({ sessionId, reason: 'setup_timeout' })]);
  });

  it('with nothing but a data channel: its transport is opened, without tracks, and may have channels', async () => {
    const world = new SfuUnderTest();

    const { tracks } = await offer(world, capturedOffer('chromium-data-channel-only'));

    expect(tracks).toEqual([]);
    expect(world.shard.log.map((line) => line.split(' ')[0])).toEqual(['open-transport', 'set-data-peer']);
  });
});
