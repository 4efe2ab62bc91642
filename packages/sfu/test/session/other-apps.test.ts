import type { AppId } from '@causeway/protocol';
import type { Sfu } from '../../src/sfu.ts';
import { APP, OTHER_APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

const NEVER_EXISTED = 'session-101-00000000-0000-4000-8000-000000000000';
const OF_NO_NODE = 'session-999-00000000-0000-4000-8000-000000000000';

const OFFER = { type: 'offer', sdp: 'v=0' } as const;

type Call = (sfu: Sfu, appId: AppId, sessionId: string) => Promise<unknown>;

/** Every verb on a session, with a body that would be good if the session were there. */
const CALLS: readonly (readonly [name: string, call: Call])[] = [
  ['publish', (sfu, appId, sessionId) => sfu.publish(appId, sessionId, { tracks: [], autoDiscover: true, sessionDescription: OFFER })],
  ['subscribe', (sfu, appId, sessionId) => sfu.subscribe(appId, sessionId, { tracks: [] })],
  ['unsubscribe', (sfu, appId, sessionId) => sfu.unsubscribe(appId, sessionId, { tracks: [{ mid: '0' }] })],
  ['updateTracks', (sfu, appId, sessionId) => sfu.updateTracks(appId, sessionId, { tracks: [{ mid: '0', paused: true }] })],
  ['closeTracks', (sfu, appId, sessionId) => sfu.closeTracks(appId, sessionId, { tracks: [{ mid: '0' }], force: true })],
  ['renegotiate', (sfu, appId, sessionId) => sfu.renegotiate(appId, sessionId, { sessionDescription: { type: 'answer', sdp: 'v=0' } })],
  ['listTracks', (sfu, appId, sessionId) => sfu.listTracks(appId, sessionId)],
  ['trackPath', (sfu, appId, sessionId) => sfu.trackPath(appId, sessionId, 'camera')],
  ['describeSession', (sfu, appId, sessionId) => sfu.describeSession(appId, sessionId)],
  ['patchSession', (sfu, appId, sessionId) => sfu.patchSession(appId, sessionId, { metadata: 'mine' })],
  ['patchTrack', (sfu, appId, sessionId) => sfu.patchTrack(appId, sessionId, 'camera', { muted: true })],
  ['deleteSession', (sfu, appId, sessionId) => sfu.deleteSession(appId, sessionId)],
];

describe('a session of another app', () => {
  it.each(CALLS)('is to %s what one is that never was, and stays as it is', async (_name, call) => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    const before = await world.sfu.describeSession(APP, publisher.id);
    const refusalOf = (sessionId: string) =>
      call(world.sfu, OTHER_APP, sessionId).then(
        () => 'carried out',
        ({ code, message, details }) => JSON.stringify({ code, message, details }).replaceAll(sessionId, 'ID'),
      );

    const foreign = await refusalOf(publisher.id);

    expect(foreign).toContain('"code":"session_not_found"');
    expect(await refusalOf(NEVER_EXISTED)).toBe(foreign);
    expect(await refusalOf(OF_NO_NODE)).toBe(foreign);
    expect(await world.sfu.describeSession(APP, publisher.id)).toEqual(before);
  });

  it('is not found either once it has ended, though its own app is told that it has', async () => {
    const world = new SfuUnderTest();
    const publisher = await world.joinPublisher();
    await world.sfu.deleteSession(APP, publisher.id);

    for (const [, call] of CALLS)
      await expect(call(world.sfu, OTHER_APP, publisher.id)).rejects.toMatchObject({ code: 'session_not_found' });

    await expect(world.sfu.listTracks(APP, publisher.id)).rejects.toMatchObject({ code: 'session_closed' });
  });
});
