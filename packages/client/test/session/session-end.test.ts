import { createFakeSfuApi, refusal, SESSION_ID } from '@causeway/testkit/fake-sfu-api';
import { createManualClock } from '@causeway/testkit/manual-clock';
import { openSession } from '../../src/session/open-session.ts';
import type { SessionState } from '../../src/session/session.ts';
import { FakePeerConnection } from '../fakes/fake-peer-connection.ts';
import { openConnected } from '../fakes/open-connected.ts';

const REMOTE = { remoteSessionId: 'session-7-other', remoteTrackId: 'track-1' };

describe('the end of a session', () => {
  test('a call that learns that the session has ended changes its state to lost', async () => {
    const { session, api, peer } = await openConnected();
    const closed = refusal('session_closed', { httpStatus: 410, details: { reason: 'draining' } });
    api.next('unsubscribe', closed);

    await expect(session.unsubscribe(['1'])).rejects.toBe(closed);

    expect(session.state).toEqual({ phase: 'lost', failure: closed });
    expect(peer.signalingState).toBe('closed');
  });

  test("the end of another client's session does not end ours", async () => {
    const { session, api } = await openConnected();
    api.next('subscribe', refusal('session_not_found', { items: [{ errorCode: 'session_not_found' }] }));

    await expect(session.subscribe([REMOTE])).rejects.toMatchObject({ code: 'session_not_found' });

    expect(session.state.phase).toBe('connected');
  });

  test('leaving deletes the session once, and later calls are refused', async () => {
    const { session, calls } = await openConnected();

    await session.leave();
    await session.leave();

    expect(calls('deleteSession')).toEqual([[SESSION_ID]]);
    await expect(session.subscribe([REMOTE])).rejects.toThrow('This session has ended.');
  });

  test('if the media path never comes up, the error names the port to check', async () => {
    const { api, states } = { api: createFakeSfuApi(), states: [] as SessionState[] };
    const peer = new FakePeerConnection();
    await openSession({
      api,
      metadata: '',
      peerConnection: peer,
      clock: createManualClock(),
      onStateChange: (state) => states.push(state),
    });

    peer.setConnectionState('failed');

    expect(states).toMatchObject([{ phase: 'lost', failure: { message: expect.stringContaining('UDP port 8081') } }]);
  });
});

describe('an interruption of the media path', () => {
  test('that ends within the grace period needs no ICE restart', async () => {
    const { peer, clock, session } = await openConnected();

    peer.setConnectionState('disconnected');
    await clock.advance(2_000);
    peer.setConnectionState('connected');
    await clock.advance(60_000);

    expect(peer.restarts).toBe(0);
    expect(session.state.phase).toBe('connected');
  });

  test('that lasts longer leads to an ICE restart', async () => {
    const { peer, clock, session, calls } = await openConnected();

    peer.setConnectionState('disconnected');
    expect(session.state.phase).toBe('interrupted');
    await clock.advance(3_000);
    expect(peer.restarts).toBe(1);
    expect(calls('renegotiate')[0]?.at(-1)).toMatchObject({ sessionDescription: { type: 'offer' } });
    peer.setConnectionState('connected');
    await clock.advance(60_000);

    expect(session.state.phase).toBe('connected');
  });

  test('that outlasts the restart ends the session', async () => {
    const { peer, clock, session } = await openConnected();

    peer.setConnectionState('disconnected');
    await clock.advance(30_000);

    expect(session.state).toMatchObject({ phase: 'lost', failure: { message: expect.stringContaining('did not come back') } });
  });

  test('after which the SFU no longer has the session ends it with the reason', async () => {
    const { peer, clock, session, api } = await openConnected();
    const closed = refusal('session_closed', { details: { reason: 'connection_lost' } });
    api.next('renegotiate', closed);

    peer.setConnectionState('failed');
    await clock.advance(3_000);

    expect(session.state).toEqual({ phase: 'lost', failure: closed });
  });
});
