import { createFakeSfuApi } from '@causeway/testkit/fake-sfu-api';
import { createManualClock } from '@causeway/testkit/manual-clock';
import { openSession } from '../../src/session/open-session.ts';
import type { SessionState } from '../../src/session/session.ts';
import { FakePeerConnection } from './fake-peer-connection.ts';

/** A session whose media path is up, with a peer connection, an API and a clock that the test controls. */
export async function openConnected() {
  const api = createFakeSfuApi();
  const peer = new FakePeerConnection();
  const clock = createManualClock();
  const states: SessionState[] = [];
  const session = await openSession({
    api,
    metadata: 'Anna',
    peerConnection: peer,
    clock,
    onStateChange: (state) => states.push(state),
  });
  peer.setConnectionState('connected');
  const calls = (method: string) => api.calls.filter((call) => call.method === method).map(({ args }) => args);
  return { api, peer, clock, session, states, calls };
}
