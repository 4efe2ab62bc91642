import { LIMITS } from '@causeway/protocol';
import { capturedOffer } from '@causeway/testkit/captured-offers';
import { APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

const CAMERA = capturedOffer('chromium-quick-start-publisher');

/** The lines, as often as there is room for them. */
function filled(line: string): string {
  return CAMERA + line.repeat(Math.floor((LIMITS.maxSdpBytes - CAMERA.length) / line.length));
}

describe('an offer', () => {
  test.each([
    ['50,000 lines', CAMERA + 'a=x\r\n'.repeat(50_000)],
    ['as many m-sections as fit', filled('m=video 9 UDP/TLS/RTP/SAVPF 96\r\n')],
    ['as many SSRC lines as fit', filled('a=ssrc:1 cname:x\r\n')],
    ['as many codecs as fit', filled('a=rtpmap:96 VP8/90000\r\n')],
    ['as many header extensions as fit', filled('a=extmap:1 urn:x\r\n')],
    ['as many rids as fit', filled('a=rid:a send\r\n')],
    ['one endless line', `${CAMERA}a=${'x'.repeat(LIMITS.maxSdpBytes - CAMERA.length - 4)}\r\n`],
  ])('of %s is refused, and nothing of it stays', async (_what, sdp) => {
    const world = new SfuUnderTest();

    const refused = world.sfu.createSession(APP, { sessionDescription: { type: 'offer', sdp } });

    await expect(refused).rejects.toMatchObject({ code: 'invalid_session_description' });
    const { objects } = await world.sfu.inspect();
    expect(new Set(Object.values({ ...objects.sessions, ...objects.engine }))).toEqual(new Set([0]));
  });

  test.each([
    ['candidates', 'a=candidate:1 1 udp 1 169.254.169.254 80 typ host\r\n'],
    ['feedback lines', 'a=rtcp-fb:* nack\r\n'],
    ['lines that mean nothing', 'a=x-nothing:1\r\n'],
  ])('with as many %s as fit becomes one session like any other', async (_what, line) => {
    const world = new SfuUnderTest();

    const { tracks } = await world.sfu.createSession(APP, { sessionDescription: { type: 'offer', sdp: filled(line) } });

    expect(tracks).toHaveLength(1);
    expect(world.shard.publications.size).toBe(1);
  });
});
