import { createLeg, downstreamPlan, type RelayedTrack, upstreamPlans } from '../../src/relay/relay-leg.ts';

const AUDIO_LEVEL = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';
const ORIENTATION = 'urn:3gpp:video-orientation';
const MID = 'urn:ietf:params:rtp-hdrext:sdes:mid';
const RID = 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id';
const TRANSPORT_WIDE_CC = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';

const camera: RelayedTrack = {
  kind: 'video',
  codecs: [
    { name: 'VP8', clockRateHz: 90_000, channels: 1, fmtp: '' },
    { name: 'H264', clockRateHz: 90_000, channels: 1, fmtp: 'packetization-mode=1;profile-level-id=42e01f' },
  ],
  extensionUris: [MID, RID, TRANSPORT_WIDE_CC, ORIENTATION],
  rids: ['l', 'h'],
};
const microphone: RelayedTrack = {
  kind: 'audio',
  codecs: [{ name: 'opus', clockRateHz: 48_000, channels: 2, fmtp: 'stereo=1' }],
  extensionUris: [AUDIO_LEVEL],
  rids: [],
};

function counter(): () => number {
  let last = 1000;
  return () => ++last;
}

const UPSTREAM = { transportId: 'link-2-1', legId: 'link-2-1/r1', sourceTrackId: 'session-1-x/p0' };
const DOWNSTREAM = { transportId: 'link-1-1', trackId: 'session-1-x/p0/leg1' };

describe('a leg of a relay', () => {
  it('announces downstream exactly the SSRCs and payload types that upstream sends', () => {
    const leg = createLeg(camera, 'r1', counter());

    const received = downstreamPlan(leg, DOWNSTREAM);
    const sent = upstreamPlans(leg, UPSTREAM, new Set(['l', 'h']), new Set());

    expect(sent.map(({ ssrc, rtxSsrc, preferredRid }) => ({ ssrc, rtxSsrc, rid: preferredRid }))).toEqual(received.ssrcs);
    for (const plan of sent) expect([plan.codecs, plan.extensions]).toEqual([received.codecs, received.extensions]);
  });

  it('gives every layer SSRCs of its own, and asks upstream for exactly that layer', () => {
    const sent = upstreamPlans(createLeg(camera, 'r1', counter()), UPSTREAM, new Set(['l', 'h']), new Set());

    const ssrcs = sent.flatMap(({ ssrc, rtxSsrc }) => [ssrc, rtxSsrc]);
    expect(new Set(ssrcs).size).toBe(4);
    expect(sent.map(({ preferredRid, isExactLayer }) => [preferredRid, isExactLayer])).toEqual([
      ['l', true],
      ['h', true],
    ]);
  });

  it('opens nothing upstream for an unwanted layer', () => {
    const sent = upstreamPlans(createLeg(camera, 'r1', counter()), UPSTREAM, new Set(['h']), new Set());

    expect(sent.map(({ subscriptionId, paused }) => [subscriptionId, paused])).toEqual([['link-2-1/r1/h', false]]);
  });

  it('pauses a layer that is no longer wanted instead of giving up its SSRC', () => {
    const leg = createLeg(camera, 'r1', counter());

    const sent = upstreamPlans(leg, UPSTREAM, new Set(['l']), new Set(['link-2-1/r1/h']));

    expect(sent.map(({ preferredRid, paused }) => [preferredRid, paused])).toEqual([
      ['l', false],
      ['h', true],
    ]);
  });

  it('leaves the choice of encoding to the engine where there is no simulcast', () => {
    const leg = createLeg(microphone, 'r2', counter());

    const [sent, ...others] = upstreamPlans(leg, UPSTREAM, new Set(['']), new Set());

    expect(others).toEqual([]);
    expect(sent).toMatchObject({ subscriptionId: 'link-2-1/r1', preferredRid: undefined, sourceTrackId: 'session-1-x/p0' });
    expect(sent).not.toHaveProperty('isExactLayer');
    expect(downstreamPlan(leg, DOWNSTREAM).rids).toEqual([]);
  });

  it('repairs losses of video and of audio by retransmission, and asks for pictures only of video', () => {
    const [vp8, h264] = createLeg(camera, 'r1', counter()).codecs;
    const [opus] = createLeg(microphone, 'r2', counter()).codecs;

    expect([vp8, h264, opus].map((codec) => [codec?.name, codec?.nack, codec?.pli])).toEqual([
      ['vp8', true, true],
      ['h264', true, true],
      ['opus', true, false],
    ]);
    const numbers = [vp8, h264].flatMap((codec) => [codec?.payloadType, codec?.rtxPayloadType]);
    expect(new Set(numbers).size).toBe(4);
  });

  it('passes on what means the same to every receiver, under ids that fit the one-byte form', () => {
    expect(createLeg(camera, 'r1', counter()).extensions).toEqual([{ id: 1, uri: ORIENTATION }]);
  });

  it('leaves out codecs for which there is no payload type, and never takes one that looks like RTCP', () => {
    const codecs = Array.from({ length: 60 }, (_, index) => ({
      name: 'VP9',
      clockRateHz: 90_000,
      channels: 1,
      fmtp: `profile-id=${index}`,
    }));

    const leg = createLeg({ ...camera, codecs }, 'r1', counter());

    const numbers = leg.codecs.flatMap(({ payloadType, rtxPayloadType }) => [payloadType, rtxPayloadType ?? -1]);
    expect(leg.codecs.length).toBeGreaterThan(25);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.filter((number) => number < 35 || number > 127 || (number >= 64 && number < 96))).toEqual([]);
  });

  it('is plain data', () => {
    const leg = createLeg(camera, 'r1', counter());

    expect(JSON.parse(JSON.stringify(leg))).toEqual(leg);
  });
});
