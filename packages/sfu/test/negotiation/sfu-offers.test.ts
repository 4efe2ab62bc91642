import { capturedOffer } from '@causeway/testkit/captured-offers';
import { ScriptedClient, seededBytes } from '@causeway/testkit/mesh';
import { parseSdp, type SdpDescription } from '@causeway/wire';
import { APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

function parsed(sdp: string): SdpDescription {
  const result = parseSdp(sdp);
  if (!result.ok) throw new Error(result.reason);
  return result.description;
}

/** What the SFU offers to a viewer of Chromium's camera and microphone that has made this offer before. */
async function offerTo(viewerOffer: string, publisherOffer = capturedOffer('chromium-audio-video-data')) {
  const world = new SfuUnderTest();
  const publisher = await world.sfu.createSession(APP, { sessionDescription: { type: 'offer', sdp: publisherOffer } });
  const viewer = await world.sfu.createSession(APP, { sessionDescription: { type: 'offer', sdp: viewerOffer } });
  const tracks = (publisher.tracks ?? []).map(({ trackId }) => ({ remoteSessionId: publisher.sessionId, remoteTrackId: trackId }));
  const reply = await world.sfu.subscribe(APP, viewer.sessionId, { tracks });
  return { publisher, offer: parsed(reply.sessionDescription?.sdp ?? ''), tracks, mids: reply.tracks.map(({ mid }) => mid) };
}

describe("the SFU's offer", () => {
  it("uses Chromium's receiving sections with Chromium's own numbers", async () => {
    const { offer, mids } = await offerTo(capturedOffer('chromium-audio-video-recvonly'));

    expect(mids).toEqual(['0', '1']);
    expect(offer.sections.map(({ direction, setup }) => [direction, setup])).toEqual([
      ['sendonly', 'actpass'],
      ['sendonly', 'actpass'],
    ]);
    const [audio, video] = offer.sections;
    expect(audio?.codecs[0]).toMatchObject({ payloadType: 111, name: 'opus' });
    expect(video?.codecs.slice(0, 2).map(({ payloadType, name }) => `${payloadType} ${name}`)).toEqual(['96 VP8', '97 rtx']);
  });

  it('names stream and track of the publisher, and the SSRCs with their common name', async () => {
    const { offer, publisher, tracks } = await offerTo(capturedOffer('chromium-audio-video-recvonly'));
    const msid = { streamId: publisher.sessionId, trackId: tracks[1]?.remoteTrackId };
    const video = offer.sections[1];

    expect(video?.msids).toEqual([msid]);
    expect(video?.ssrcs).toEqual([
      { ssrc: expect.any(Number), cname: publisher.sessionId, msid },
      { ssrc: expect.any(Number), cname: publisher.sessionId, msid },
    ]);
    expect(video?.ssrcGroups).toEqual([{ semantics: 'FID', ssrcs: video?.ssrcs.map(({ ssrc }) => ssrc) }]);
    expect(offer.sections[0]?.ssrcs).toHaveLength(1);
  });

  it('asks for NACK, PLI and FIR of video, and for transport-wide feedback of both', async () => {
    const { offer } = await offerTo(capturedOffer('chromium-no-media-section'));
    const types = offer.sections.map(({ codecs }) =>
      codecs.flatMap(({ feedback }) => feedback.map(({ type, parameter }) => `${type} ${parameter}`.trim())),
    );
    const ids = offer.sections.map(({ extensions }) => extensions.find(({ uri }) => uri.includes('transport-wide'))?.id);

    expect(new Set(types[0])).toEqual(new Set(['transport-cc']));
    expect(new Set(types[1])).toEqual(new Set(['nack', 'nack pli', 'ccm fir', 'transport-cc']));
    expect(ids[0]).toBeDefined();
    expect(ids[1]).toBe(ids[0]);
  });

  it('passes on only extensions that the publisher sends, besides its own', async () => {
    const { offer } = await offerTo(capturedOffer('chromium-no-media-section'), capturedOffer('aiortc-audio-video-publisher'));

    expect(offer.sections.map(({ extensions }) => extensions.map(({ uri }) => uri.split(/[:/]/).at(-1)))).toEqual([
      ['mid', 'draft-holmer-rmcat-transport-wide-cc-extensions-01', 'ssrc-audio-level'],
      ['mid', 'draft-holmer-rmcat-transport-wide-cc-extensions-01'],
    ]);
  });

  it('keeps what Chromium has offered on its own sections, or it would offer that nowhere again', async () => {
    const { offer } = await offerTo(capturedOffer('chromium-audio-video-recvonly'));

    expect(offer.sections[1]?.extensions.map(({ uri }) => uri.split(/[:/]/).at(-1))).toEqual(
      expect.arrayContaining(['draft-holmer-rmcat-transport-wide-cc-extensions-01', 'rtp-stream-id', 'repaired-rtp-stream-id']),
    );
  });

  it("adds the publisher's dependency descriptor to Chromium's receiving section, which does not list it", async () => {
    const { offer, mids } = await offerTo(capturedOffer('chromium-audio-video-recvonly'), capturedOffer('chromium-simulcast-publisher'));
    const { extensions } = offer.sections[1] ?? { extensions: [] };
    const id = extensions.find(({ uri }) => uri.includes('dependency-descriptor'))?.id;

    expect(mids).toEqual(['0', '1']);
    expect(id).toBeDefined();
    expect(extensions.filter((extension) => extension.id === id)).toHaveLength(1);
  });

  it('adds it to a section on which the subscription waited for the open offer', async () => {
    const world = new SfuUnderTest();
    const join = (name: string) => world.sfu.createSession(APP, { sessionDescription: { type: 'offer', sdp: capturedOffer(name) } });
    const publisher = await join('chromium-simulcast-publisher');
    const viewer = await join('chromium-audio-video-recvonly');
    const subscribe = (place: number) => {
      const { trackId } = publisher.tracks?.[place] ?? {};
      return world.sfu.subscribe(APP, viewer.sessionId, { tracks: [{ remoteSessionId: publisher.sessionId, remoteTrackId: trackId }] });
    };
    const first = await subscribe(0);
    const second = subscribe(1);
    // The offer turned round is an answer, but for whose certificate it names.
    const [fingerprint = ''] = /a=fingerprint:.*/.exec(capturedOffer('chromium-audio-video-recvonly')) ?? [];
    const turned = first.sessionDescription?.sdp.replaceAll('sendonly', 'recvonly').replaceAll('actpass', 'active') ?? '';
    const answer = turned.replaceAll(/a=fingerprint:.*/g, fingerprint);

    await world.sfu.renegotiate(APP, viewer.sessionId, { sessionDescription: { type: 'answer', sdp: answer } });
    const [, section] = parsed((await second).sessionDescription?.sdp ?? '').sections;

    expect(section?.extensions.map(({ uri }) => uri)).toContainEqual(expect.stringContaining('dependency-descriptor'));
  });

  it('gives an id of aiortc no second meaning on the sections that it adds', async () => {
    const [header, audio, video] = capturedOffer('aiortc-audio-video-publisher').split(/(?=^m=)/m);
    const { offer } = await offerTo(`${header}${video}${audio}`);
    const urisOfId = new Map<number, Set<string>>();
    for (const { id, uri } of offer.sections.flatMap(({ extensions }) => extensions)) {
      urisOfId.set(id, (urisOfId.get(id) ?? new Set()).add(uri));
    }

    expect(offer.sections).toHaveLength(4);
    expect([...urisOfId.values()].map(({ size }) => size)).not.toContain(2);
  });

  it('gives one URI one id in all sections', async () => {
    const { offer } = await offerTo(capturedOffer('chromium-no-media-section'));
    const ids = offer.sections.map(({ extensions }) => extensions.find(({ uri }) => uri.endsWith(':mid'))?.id);

    expect(ids[0]).toBeDefined();
    expect(new Set(ids).size).toBe(1);
  });

  it('uses the payload types that the client has for a codec, and free ones for the others', async () => {
    const { offer } = await offerTo(capturedOffer('firefox-audio-video-sendonly'));
    const added = offer.sections.slice(2).flatMap(({ codecs }) => codecs);
    const of = (name: string) => added.filter((codec) => codec.name === name).map(({ payloadType }) => payloadType);

    expect(of('VP8')).toEqual([120]);
    expect(of('opus')).toEqual([109]);
    expect(of('AV1')).toEqual([99]);
    const own = parsed(capturedOffer('firefox-audio-video-sendonly')).sections.flatMap(({ codecs }) =>
      codecs.map(({ payloadType }) => payloadType),
    );
    for (const payloadType of of('H264')) expect(own).not.toContain(payloadType);
    expect(new Set(added.map(({ payloadType }) => payloadType)).size).toBe(added.length);
  });

  it("carries the publisher's stereo", async () => {
    const stereo = capturedOffer('chromium-audio-video-data').replace('a=fmtp:111 ', 'a=fmtp:111 stereo=1;');
    for (const viewer of ['chromium-no-media-section', 'chromium-audio-video-recvonly']) {
      const { offer } = await offerTo(capturedOffer(viewer), stereo);

      expect(offer.sections[0]?.codecs[0]?.fmtp).toContain('stereo=1');
    }
  });

  it('keeps its numbers from offer to offer', async () => {
    const world = new SfuUnderTest();
    const client = new ScriptedClient();
    const viewer = await world.join(client);
    const numbers = new Set<string>();

    // The client itself throws when a number changes its meaning.
    for (let count = 0; count < 20; count++) {
      const publisher = await world.joinPublisher(`camera-${count}`, [['vp8'], ['h264'], ['vp9', 'vp8']][count % 3]);
      await viewer.receive(publisher.track(`camera-${count}`));
      for (const { codecs } of client.lastRemote?.sections ?? []) for (const { payloadType } of codecs) numbers.add(String(payloadType));
    }

    expect(numbers.size).toBe(6);
  });

  it('draws again when a random SSRC is in use, or means "none"', async () => {
    const draws = [7, 0, 7, 8, 8, 0xff_ff_ff_ff, 9, 7, 10];
    const other = seededBytes();
    // Four bytes are only ever asked for as an SSRC here: the client announces its tracks.
    const bytes = (count: number) => {
      const draw = count === 4 ? draws.shift() : undefined;
      return draw === undefined ? other.bytes(count) : Uint8Array.from([draw >>> 24, draw >>> 16, draw >>> 8, draw]);
    };
    const world = new SfuUnderTest({ random: { bytes } });
    const publisher = await world.joinPublisher();
    const viewer = await world.join(new ScriptedClient());

    await viewer.receive(publisher.track('camera'));
    await viewer.receive({ ...publisher.track('camera'), duplicate: true });

    expect(world.shard.subscriptionsOf(viewer.id).map(({ ssrc, rtxSsrc }) => [ssrc, rtxSsrc])).toEqual([
      [7, 8],
      [9, 10],
    ]);
  });
});
