import { type TokenGrants, TrackId, TrackName } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

const name = (text: string) => TrackName.parse(text);

/** A session with two tracks, `camera` (named front) and `screen`. */
async function joined(caller?: TokenGrants) {
  const world = new SfuUnderTest();
  const client = new ScriptedClient();
  for (const trackId of ['camera', 'screen']) client.addTransceiver('video', { direction: 'sendonly', trackId, streamId: 's' });
  const tracks = [{ mid: '0', trackId: TrackId.parse('camera'), customTrackName: name('front') }];
  const { sessionId } = await world.sfu.createSession(APP, { sessionDescription: client.createOffer(), tracks }, {}, caller);
  const listed = async () =>
    (await world.sfu.listTracks(APP, sessionId)).map(({ trackId, customTrackName, muted }) => [trackId, customTrackName, muted === true]);
  const told = () => world.events.filter(({ type }) => /^track\.(renamed|muted|unmuted)$/.test(type)).map(({ type }) => type);
  return { world, sessionId, listed, told };
}

describe('changing a track', () => {
  it('renames it without SDP, and reports that once', async () => {
    const { world, sessionId, listed, told } = await joined();

    const reply = await world.sfu.patchTrack(APP, sessionId, 'screen', { customTrackName: name('slides') });
    await world.sfu.patchTrack(APP, sessionId, 'screen', { customTrackName: name('slides') });

    expect(reply).toMatchObject({ sessionId, trackId: 'screen', customTrackName: 'slides', mid: '1' });
    expect(await listed()).toEqual([
      ['camera', 'front', false],
      ['screen', 'slides', false],
    ]);
    expect(told()).toEqual(['track.renamed']);
  });

  it('takes a name from another track only when asked to', async () => {
    const { world, sessionId, listed } = await joined();
    const rename = (replace?: boolean) =>
      world.sfu.patchTrack(APP, sessionId, 'screen', { customTrackName: name('front'), ...(replace !== undefined && { replace }) });

    await expect(rename()).rejects.toMatchObject({ code: 'track_name_conflict' });
    await expect(rename(false)).rejects.toMatchObject({ code: 'track_name_conflict' });
    await rename(true);

    expect(await listed()).toEqual([
      ['camera', '', false],
      ['screen', 'front', false],
    ]);
  });

  it('mutes and unmutes it in what others are told, and keeps the rest', async () => {
    const { world, sessionId, listed, told } = await joined();

    await world.sfu.patchTrack(APP, sessionId, 'camera', { muted: true });
    await world.sfu.patchTrack(APP, sessionId, 'camera', { customTrackName: name('back') });
    expect(await listed()).toContainEqual(['camera', 'back', true]);
    await world.sfu.patchTrack(APP, sessionId, 'camera', { muted: false });

    expect(await listed()).toContainEqual(['camera', 'back', false]);
    expect(told()).toEqual(['track.muted', 'track.renamed', 'track.unmuted']);
  });

  it('knows no track that the session does not publish', async () => {
    const { world, sessionId, told } = await joined();

    await expect(world.sfu.patchTrack(APP, sessionId, 'nothing', { muted: true })).rejects.toMatchObject({ code: 'track_not_found' });
    expect(told()).toEqual([]);
  });

  it('gives no name that the token does not allow', async () => {
    const caller: TokenGrants = { sub: 'alice', jti: 'one', iat: 100, exp: 700, names: ['front', ''] };
    const { world, sessionId, listed } = await joined(caller);
    const rename = (text: string) => world.sfu.patchTrack(APP, sessionId, 'camera', { customTrackName: name(text) }, caller);

    await expect(rename('boss')).rejects.toMatchObject({ code: 'forbidden' });
    await rename('');

    expect(await listed()).toContainEqual(['camera', '', false]);
  });
});
