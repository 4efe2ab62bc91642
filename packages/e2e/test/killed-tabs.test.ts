import { openStage, RED, type Stage } from '@causeway/e2e';
import { waitUntil } from '@causeway/lab';
import type { SessionSummary, SubscribeReply } from '@causeway/protocol';

jest.setTimeout(90_000);

/** ICE consent is lost about 5 s after the last answered check; 30 s later the session is closed. */
const DISCONNECTED_WITHIN_MS = 8_000;
const CLOSED_AFTER_MS = 30_000;
/** A session that never connected is closed this long after it was created. */
const SETUP_TIMEOUT_MS = 30_000;
const SLACK_MS = 6_000;

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});

afterAll(() => stage.close());

async function readState(sessionId: string): Promise<string> {
  const { host, appId, secret } = stage.daemon.access;
  const response = await fetch(`${host}/api/sfu/${appId}/sessions`, { headers: { Authorization: `Bearer ${secret}` } });
  const sessions = (await response.json()) as SessionSummary[];
  return sessions.find((session) => session.sessionId === sessionId)?.connectionState ?? 'gone';
}

/** Waits for a state. @returns the time that took */
async function reaches(sessionId: string, state: string, deadlineMs: number): Promise<number> {
  const startedAtMs = performance.now();
  await waitUntil(
    `${sessionId} is ${state}`,
    () => readState(sessionId),
    (seen) => seen === state,
    deadlineMs,
  );
  return performance.now() - startedAtMs;
}

// The three wait for the same timers, so they run concurrently.
describe('a tab that is killed', () => {
  it('during a call, during negotiation or before it connects leaves a session that ends within the documented times', async () => {
    const alice = await stage.join('alice');
    const [track] = await alice.publish({ media: { kind: 'picture', colour: RED } });
    const midCall = await stage.join('mid-call');
    await midCall.decodesVideo(await midCall.watch(track!));
    const midNegotiation = await stage.join('mid-negotiation', { receive: ['audio'] });
    await midNegotiation.connects();
    await midNegotiation.page.evaluate(
      ({ name, item }) => kit.peer(name).callSession<SubscribeReply>('POST', '/track/subscribe', { tracks: [item] }),
      { name: midNegotiation.name, item: { remoteSessionId: track!.sessionId, remoteTrackId: track!.trackId } },
    );
    const neverConnected = await createSessionOnly();
    expect(await Promise.all([readState(midCall.sessionId), readState(midNegotiation.sessionId)])).toEqual(['connected', 'connected']);

    await Promise.all([midCall.page, midNegotiation.page].map((page) => page.crash()));

    const [setupTimeoutMs] = await Promise.all([
      reaches(neverConnected, 'gone', SETUP_TIMEOUT_MS + SLACK_MS),
      ...[midCall, midNegotiation].map(async ({ sessionId }) => {
        await reaches(sessionId, 'disconnected', DISCONNECTED_WITHIN_MS);
        const closedAfterMs = await reaches(sessionId, 'gone', CLOSED_AFTER_MS + SLACK_MS);
        expect(closedAfterMs).toBeGreaterThan(CLOSED_AFTER_MS - SLACK_MS);
      }),
    ]);
    expect(setupTimeoutMs).toBeGreaterThan(SETUP_TIMEOUT_MS - SLACK_MS);
    expect(await readState(alice.sessionId)).toBe('connected');
    const late = await stage.join('late');
    await late.decodesVideo(await late.watch(track!));
  });
});

/** Posts a real offer and never sends a packet. */
async function createSessionOnly(): Promise<string> {
  const page = await stage.openPage();
  const { name } = await stage.joinFrom(page, 'template', { receive: ['video'] });
  return page.evaluate(
    async ({ name, access }) => {
      const connection = new RTCPeerConnection();
      connection.addTransceiver('video', { direction: 'recvonly' });
      await connection.setLocalDescription();
      const reply = await kit
        .createSfuApi(access)
        .call<{ sessionId: string }>({ method: 'POST', path: '/session/new', body: { sessionDescription: connection.localDescription } });
      kit.peer(name).connection.close();
      return reply.sessionId;
    },
    { name, access: stage.daemon.access },
  );
}
