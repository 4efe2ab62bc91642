import { LIMITS } from '@causeway/protocol';
import { capturedOffer } from '@causeway/testkit/captured-offers';
import { parseSdp, type SdpCodec, type SdpDescription, writeSdp } from '@causeway/wire';
import { APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

const OPUS: SdpCodec = { payloadType: 111, name: 'opus', clockRateHz: 48_000, channels: 2, fmtp: 'useinbandfec=1', feedback: [] };
const PCMU: SdpCodec = { payloadType: 0, name: 'PCMU', clockRateHz: 8000, channels: 1, fmtp: '', feedback: [] };
const TOO_LONG = 'x'.repeat(257);

function parsed(sdp: string): SdpDescription {
  const result = parseSdp(sdp);
  if (!result.ok) throw new Error(result.reason);
  return result.description;
}

/** Chromium's microphone and camera, with other codecs in the audio section. */
function offerOf(codecs: readonly SdpCodec[]): string {
  const offer = parsed(capturedOffer('chromium-audio-video-sendonly'));
  const formats = codecs.map(({ payloadType }) => String(payloadType));
  return writeSdp({ ...offer, sections: offer.sections.map((each, index) => (index === 0 ? { ...each, codecs, formats } : each)) });
}

async function publish(world: SfuUnderTest, codecs: readonly SdpCodec[]) {
  const reply = await world.sfu.createSession(APP, { sessionDescription: { type: 'offer', sdp: offerOf(codecs) } });
  return { ...reply, audio: parsed(reply.sessionDescription?.sdp ?? '').sections[0] };
}

describe('codecs of an offer', () => {
  it("are all accepted from Chromium's longest list, each profile separately", async () => {
    const world = new SfuUnderTest();
    const offered = parsed(capturedOffer('chromium-audio-video-recvonly')).sections[1];
    const sdp = capturedOffer('chromium-audio-video-recvonly');

    const { sessionDescription } = await world.sfu.createSession(APP, { sessionDescription: { type: 'offer', sdp } });

    const payloadTypes = (codecs: readonly SdpCodec[] = []) =>
      codecs.filter(({ name }) => /^(VP8|VP9|H264|AV1)$/.test(name)).map(({ payloadType }) => payloadType);
    expect(payloadTypes(parsed(sessionDescription?.sdp ?? '').sections[1]?.codecs)).toEqual(payloadTypes(offered?.codecs));
    expect(payloadTypes(offered?.codecs)).toHaveLength(15);
  });

  it('are left out of the answer when their parameters are longer than 256 characters', async () => {
    const { audio, tracks } = await publish(new SfuUnderTest(), [{ ...OPUS, fmtp: TOO_LONG }, PCMU]);

    expect(audio?.codecs.map(({ name }) => name)).toEqual(['PCMU']);
    expect(tracks).toHaveLength(2);
  });

  it('do not make a publication when all have parameters that are too long', async () => {
    const { audio, tracks } = await publish(new SfuUnderTest(), [{ ...OPUS, fmtp: TOO_LONG }]);

    expect(audio?.port).toBe(0);
    expect(tracks).toHaveLength(1);
  });

  it('are accepted up to 24', async () => {
    const many = Array.from({ length: 30 }, (_, index) => ({ ...OPUS, payloadType: 97 + index, fmtp: `x=${index}` }));

    const { audio } = await publish(new SfuUnderTest(), many);

    expect(audio?.codecs.map(({ payloadType }) => payloadType)).toEqual(many.slice(0, 24).map(({ payloadType }) => payloadType));
  });

  it('come to a subscriber once each, however often the publisher lists them', async () => {
    const world = new SfuUnderTest();
    const many = Array.from({ length: 20 }, (_, index) => ({ ...OPUS, payloadType: 97 + index, fmtp: `x=${index}` }));
    const { sessionId, tracks } = await publish(world, [...many, PCMU]);
    const viewerOffer = { type: 'offer', sdp: capturedOffer('chromium-no-media-section') } as const;
    const viewer = await world.sfu.createSession(APP, { sessionDescription: viewerOffer });
    const copies = Array.from({ length: LIMITS.maxTracksPerCall }, () => {
      return { remoteSessionId: sessionId, remoteTrackId: tracks?.[0]?.trackId, duplicate: true };
    });

    const { sessionDescription } = await world.sfu.subscribe(APP, viewer.sessionId, { tracks: copies });

    const { sections } = parsed(sessionDescription?.sdp ?? '');
    expect(sections).toHaveLength(LIMITS.maxTracksPerCall);
    const listed = sections.map(({ formats, codecs }) => `${formats.length} ${codecs.map(({ name, fmtp }) => `${name} ${fmtp}`).join()}`);
    expect(new Set(listed)).toEqual(new Set(['3 opus x=0,PCMU ,red 96/96']));
  });
});
