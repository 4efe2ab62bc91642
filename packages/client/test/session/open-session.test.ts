import { createFakeSfuApi, refusal, SESSION_ID } from '@causeway/testkit/fake-sfu-api';
import { createManualClock } from '@causeway/testkit/manual-clock';
import { openSession } from '../../src/session/open-session.ts';
import type { Description } from '../../src/session/peer-connection.ts';
import { FakePeerConnection, type FakeTrack } from '../fakes/fake-peer-connection.ts';
import { openConnected } from '../fakes/open-connected.ts';

const camera: FakeTrack = { id: 'camera-1', kind: 'video' };
const REMOTE = { remoteSessionId: 'session-7-other', remoteTrackId: 'track-1' };

function local(track: FakeTrack, layerCount = 0) {
  return { track, name: 'camera', layers: Array.from({ length: layerCount }, () => ({})) };
}

const offerOf = (args: readonly unknown[] = []) => (args.at(-1) as { sessionDescription: Description }).sessionDescription.sdp;

test('a session begins with one receiving line of each kind, and knows the media port', async () => {
  const { session, calls } = await openConnected();

  expect(calls('createSession')).toEqual([
    [{ sessionDescription: { type: 'offer', sdp: 'offer 0:audio:recvonly 1:video:recvonly' }, metadata: 'Anna', connectAtOnce: true }],
  ]);
  expect(session.sessionId).toBe(SESSION_ID);
  expect(session.mediaPort).toBe(8081);
});

test('a refused session closes its peer connection', async () => {
  const api = createFakeSfuApi();
  const peer = new FakePeerConnection();
  api.next('createSession', refusal('unauthorized'));

  const opening = openSession({
    api,
    metadata: '',
    peerConnection: peer,
    clock: createManualClock(),
    onStateChange: () => undefined,
  });

  await expect(opening).rejects.toMatchObject({ code: 'unauthorized' });
  expect(peer.signalingState).toBe('closed');
});

describe('publishing', () => {
  test('names the track and the media line as in the offer', async () => {
    const { session, calls } = await openConnected();

    const { done, failures } = await session.publish([local(camera)]);

    expect(calls('publish')[0]).toEqual([
      SESSION_ID,
      {
        tracks: [{ trackId: 'camera-1', mid: '2', customTrackName: 'camera' }],
        sessionDescription: { type: 'offer', sdp: 'offer 0:audio:recvonly 1:video:recvonly 2:video:sendonly' },
      },
    ]);
    expect(done).toEqual([{ trackId: 'camera-1', mid: '2', kind: 'video', name: 'camera', track: camera }]);
    expect(failures).toEqual([]);
  });

  test('rolls back on glare, waits and offers again', async () => {
    const { session, api, clock, peer, calls } = await openConnected();
    api.next('publish', refusal('negotiation_glare'));
    api.next('publish', refusal('negotiation_glare'));

    const publishing = session.publish([local(camera)]);
    await clock.advance(50);
    expect(calls('publish')).toHaveLength(1);
    expect(peer.signalingState).toBe('stable');
    await clock.advance(300);

    const { done } = await publishing;
    expect(calls('publish')).toHaveLength(3);
    expect(done).toHaveLength(1);
    expect(peer.signalingState).toBe('stable');
  });

  test('a refusal leaves no media line behind', async () => {
    const { session, api, peer } = await openConnected();
    api.next('publish', refusal('quota_exceeded'));

    await expect(session.publish([local(camera)])).rejects.toMatchObject({ code: 'quota_exceeded' });

    expect(peer.getTransceivers()).toHaveLength(2);
    expect(peer.signalingState).toBe('stable');
  });

  test('a track that was refused while others succeeded stops sending', async () => {
    const { session, api, peer } = await openConnected();
    const microphone: FakeTrack = { id: 'microphone-1', kind: 'audio' };
    api.next('publish', {
      sessionDescription: { type: 'answer', sdp: '' },
      tracks: [
        { trackId: 'camera-1', mid: '2' },
        { trackId: 'microphone-1', mid: '3', errorCode: 'track_name_conflict', errorDescription: 'taken' },
      ],
    });

    const { done, failures } = await session.publish([local(camera), local(microphone)]);

    expect(done.map(({ trackId }) => trackId)).toEqual(['camera-1']);
    expect(failures).toMatchObject([{ code: 'track_name_conflict' }]);
    expect(peer.getTransceivers()[3]?.direction).toBe('inactive');
  });

  test('publishing again after stopping uses the same line', async () => {
    const { session, peer, calls } = await openConnected();
    const { done } = await session.publish([local(camera)]);
    await session.unpublish(done);
    expect(offerOf(calls('closeTracks')[0])).toBe('offer 0:audio:recvonly 1:video:recvonly 2:video:inactive');

    await session.publish([local({ id: 'camera-2', kind: 'video' })]);

    expect(offerOf(calls('publish')[1])).toBe('offer 0:audio:recvonly 1:video:recvonly 2:video:sendonly');
    expect(peer.getTransceivers()).toHaveLength(3);
  });

  test('a parked line is not used for another number of layers', async () => {
    const { session, peer } = await openConnected();
    const { done } = await session.publish([local(camera)]);
    await session.unpublish(done);

    await session.publish([local({ id: 'camera-2', kind: 'video' }, 3)]);

    expect(peer.getTransceivers().map(({ layerCount }) => layerCount)).toEqual([1, 1, 1, 3]);
  });
});

describe('subscribing', () => {
  const offered = (mid: string, sdp = 'offer') => ({
    immediateRenegotiationRequired: true,
    sessionDescription: { type: 'offer', sdp },
    tracks: [{ ...REMOTE, mid }],
  });

  test('answers the offer of the SFU and returns the track of the line', async () => {
    const { session, api, calls } = await openConnected();
    api.next('subscribe', offered('2', 'offer +video'));

    const { done } = await session.subscribe([REMOTE]);

    expect(calls('renegotiate')[0]).toEqual([
      SESSION_ID,
      { sessionDescription: { type: 'answer', sdp: 'answer 0:audio:recvonly 1:video:recvonly 2:video:recvonly' } },
    ]);
    expect(done).toEqual([{ ...REMOTE, mid: '2', track: { id: 'received-video', kind: 'video' } }]);
  });

  test('sends no SDP when the SFU needs none', async () => {
    const { session, api, calls } = await openConnected();
    api.next('subscribe', { immediateRenegotiationRequired: false, tracks: [{ ...REMOTE, mid: '1' }] });

    const { done } = await session.subscribe([REMOTE]);

    expect(calls('renegotiate')).toEqual([]);
    expect(done[0]?.mid).toBe('1');
  });

  test('opens the line of a closed publication for receiving', async () => {
    const { session, api, peer } = await openConnected();
    const { done } = await session.publish([local(camera)]);
    await session.unpublish(done);
    api.next('subscribe', offered('2'));

    await session.subscribe([REMOTE]);

    expect(peer.getTransceivers()[2]?.currentDirection).toBe('recvonly');
  });

  test('waits for the previous exchange', async () => {
    const { session, api, calls } = await openConnected();
    api.next('subscribe', offered('1'));

    await Promise.all([session.subscribe([REMOTE]), session.publish([local(camera)])]);

    const order = api.calls.map(({ method }) => method);
    expect(order).toEqual(['createSession', 'subscribe', 'renegotiate', 'publish']);
    expect(calls('publish')).toHaveLength(1);
  });

  test('a track that no longer exists fails, and the others succeed', async () => {
    const { session, api } = await openConnected();
    const gone = { remoteSessionId: 'session-7-other', remoteTrackId: 'track-2' };
    api.next('subscribe', {
      immediateRenegotiationRequired: false,
      tracks: [
        { ...gone, errorCode: 'track_not_found', errorDescription: 'no such track' },
        { ...REMOTE, mid: '1' },
      ],
    });

    const { done, failures } = await session.subscribe([gone, REMOTE]);

    expect(done).toMatchObject([REMOTE]);
    expect(failures).toMatchObject([{ code: 'track_not_found' }]);
  });
});
