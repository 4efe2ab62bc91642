import { capturedOffer } from '@causeway/testkit/captured-offers';
import { APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

/** Ids of the header extensions that the first offer of the SFU to a client uses. */
async function idsOfferedTo(clientOffer: string): Promise<readonly number[]> {
  const world = new SfuUnderTest();
  const publisher = await world.joinPublisher('camera');
  const { sessionId } = await world.sfu.createSession(APP, { sessionDescription: { type: 'offer', sdp: capturedOffer(clientOffer) } });
  const { sessionDescription } = await world.sfu.subscribe(APP, sessionId, {
    tracks: [{ remoteSessionId: publisher.id, remoteTrackId: 'camera' }],
  });
  return [...(sessionDescription?.sdp ?? '').matchAll(/^a=extmap:(\d+)/gm)].map(([, id]) => Number(id));
}

describe('header-extension ids that the SFU numbers first', () => {
  it('stay in one byte for Firefox, which refuses larger ones', async () => {
    const ids = await idsOfferedTo('firefox-no-media-section');

    expect(ids.length).toBeGreaterThan(0);
    expect(Math.max(...ids)).toBeLessThanOrEqual(14);
  });

  it('keep out of the way of those that Chromium will choose for itself', async () => {
    const ids = await idsOfferedTo('chromium-no-media-section');

    expect(ids.length).toBeGreaterThan(0);
    expect(Math.min(...ids)).toBeGreaterThan(15);
  });
});
