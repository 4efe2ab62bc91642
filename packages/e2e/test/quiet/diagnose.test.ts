/** Causes faults in real pages, which `diagnose` must name within three seconds. */

import { openStage, type Participant, RED, type Stage } from '@causeway/e2e';
import { waitUntil } from '@causeway/lab';
import type { CreateSessionReply, DiagnoseReply, DiagnosisCode, SubscribeReply } from '@causeway/protocol';

jest.setTimeout(120_000);

/** The time until a fault is named once it is detectable, without the delay of `diagnose` itself. */
const NAMED_WITHIN_MS = 3_000;
const PATIENCE_MS = 2_000;

let stage: Stage;
let alice: Participant;
let camera: Awaited<ReturnType<Participant['publish']>>[number];

beforeAll(async () => {
  stage = await openStage();
  alice = await stage.join('alice');
  [camera] = (await alice.publish({ media: { kind: 'picture', colour: RED } })) as [typeof camera];
});

afterAll(() => stage.close());

async function diagnose(sessionId: string): Promise<DiagnoseReply> {
  const { host, appId, secret } = stage.daemon.access;
  const response = await fetch(`${host}/api/sfu/${appId}/session/${sessionId}/diagnose`, {
    headers: { Authorization: `Bearer ${secret}` },
  });
  return (await response.json()) as DiagnoseReply;
}

function codesOf({ findings }: DiagnoseReply): readonly DiagnosisCode[] {
  return findings.map(({ code }) => code);
}

/** Waits until that is the first diagnosis. */
async function isNamed(sessionId: string, code: DiagnosisCode, withinMs = PATIENCE_MS + NAMED_WITHIN_MS): Promise<void> {
  await waitUntil(
    `${sessionId} is diagnosed as ${code}`,
    async () => codesOf(await diagnose(sessionId))[0],
    (first) => first === code,
    withinMs,
  );
}

/** A page that receives another answer than the SFU has sent. */
async function joinWith(from: RegExp, to: string): Promise<string> {
  const { page } = await stage.join('page of the changed answer');
  return page.evaluate(
    async ({ access, from, to }) => {
      const connection = new RTCPeerConnection();
      connection.addTransceiver('audio', { direction: 'recvonly' });
      await connection.setLocalDescription();
      const reply = await kit
        .createSfuApi(access)
        .call<CreateSessionReply>({ method: 'POST', path: '/session/new', body: { sessionDescription: connection.localDescription } });
      const sdp = reply.sessionDescription.sdp.replace(new RegExp(from, 'g'), to);
      await connection.setRemoteDescription({ type: 'answer', sdp });
      return reply.sessionId;
    },
    { access: stage.daemon.access, from: from.source, to },
  );
}

test('finds nothing wrong with a working publisher and viewer', async () => {
  const bob = await stage.join('bob');
  const mid = await bob.watch(camera);
  await bob.decodesVideo(mid, 60);

  const [publisher, viewer] = await Promise.all([diagnose(alice.sessionId), diagnose(bob.sessionId)]);

  expect([...publisher.findings, ...viewer.findings]).toEqual([]);
  expect(publisher.publications).toMatchObject([{ trackId: camera.trackId, layers: [{ isArriving: true }] }]);
  expect(viewer.subscriptions).toMatchObject([{ mid, remoteSessionId: alice.sessionId, trackKind: 'video' }]);
  expect(viewer.subscriptions[0]?.packetsSent).toBeGreaterThan(20);
  await bob.page.close();
});

test('a client whose datagrams do not reach the node', async () => {
  // TEST-NET-1 (RFC 5737): nothing answers there.
  await isNamed(await joinWith(/(a=candidate:\S+ \d udp \d+) \S+ \d+/, '$1 192.0.2.1 9'), 'udp_blocked');
});

test('a certificate of the SFU that is not the one in its SDP', async () => {
  await isNamed(await joinWith(/(a=fingerprint:sha-256 )..:../, '$100:00'), 'handshake_incomplete');
});

test('a certificate of the client that is not the one in its SDP', async () => {
  const { page } = await stage.join('page of the changed offer');
  const sessionId = await page.evaluate(async (access) => {
    const connection = new RTCPeerConnection();
    connection.addTransceiver('audio', { direction: 'recvonly' });
    await connection.setLocalDescription();
    const sdp = (connection.localDescription?.sdp ?? '').replace(/(a=fingerprint:sha-256 )..:../g, '$100:00');
    const reply = await kit.createSfuApi(access).createSession({ sessionDescription: { type: 'offer', sdp } });
    await connection.setRemoteDescription(reply.sessionDescription);
    return reply.sessionId;
  }, stage.daemon.access);

  await isNamed(sessionId, 'session_closed');
  expect((await diagnose(sessionId)).findings[0]?.summary).toContain('The DTLS handshake failed');
});

test('an offer of the SFU that is never answered', async () => {
  const bob = await stage.join('unanswering', { receive: ['audio'] });
  await bob.connects();
  await bob.page.evaluate(({ name, item }) => kit.peer(name).callSession<SubscribeReply>('POST', '/track/subscribe', { tracks: [item] }), {
    name: bob.name,
    item: { remoteSessionId: camera.sessionId, remoteTrackId: camera.trackId },
  });

  await isNamed(bob.sessionId, 'answer_missing');
  await bob.page.close();
});

test('a camera that is stopped, seen from both sides', async () => {
  const carol = await stage.join('carol');
  const [track] = await carol.publish({ media: { kind: 'picture', colour: RED } });
  const bob = await stage.join('watching-carol');
  await bob.decodesVideo(await bob.watch(track!));
  await carol.page.evaluate(({ name }) => kit.peer(name).connection.getSenders()[0]?.track?.stop(), { name: carol.name });

  await isNamed(carol.sessionId, 'publisher_silent');
  await isNamed(bob.sessionId, 'source_silent');
  await carol.page.close();
  await bob.page.close();
});

test('a subscription that is paused', async () => {
  const bob = await stage.join('paused');
  const mid = await bob.watch(camera);
  await bob.page.evaluate(({ name, mid }) => kit.peer(name).callSession('PUT', '/track/update', { tracks: [{ mid, paused: true }] }), {
    name: bob.name,
    mid,
  });

  await isNamed(bob.sessionId, 'subscription_paused');
  await bob.page.close();
});

test('a tab that has died, and what it published', async () => {
  const carol = await stage.join('dying');
  const [track] = await carol.publish({ media: { kind: 'picture', colour: RED } });
  const bob = await stage.join('watching-the-dead');
  await bob.decodesVideo(await bob.watch(track!));
  await carol.page.crash();

  // Five seconds of silence count; the publisher's viewers may hear of it a little earlier.
  await Promise.all([isNamed(carol.sessionId, 'client_silent', 9_000), isNamed(bob.sessionId, 'source_disconnected', 9_000)]);
  await bob.page.close();
});

test('a publisher that has left', async () => {
  const carol = await stage.join('leaving');
  const [track] = await carol.publish({ media: { kind: 'picture', colour: RED } });
  const bob = await stage.join('left-behind', { receive: ['audio'] });
  await bob.decodesVideo(await bob.watch(track!));
  await carol.page.evaluate(({ name }) => kit.peer(name).connection.close(), { name: carol.name });
  await waitUntil(
    'the session of the publisher has ended',
    async () => (await diagnose(carol.sessionId)).connectionState,
    (state) => state === 'closed',
  );

  // The subscription ends with its track: there is nothing left that could be wrong with it.
  const { findings, subscriptions } = await diagnose(bob.sessionId);
  expect(findings.filter(({ severity }) => severity === 'problem')).toEqual([]);
  expect(subscriptions).toEqual([]);
  expect((await diagnose(carol.sessionId)).findings).toMatchObject([{ code: 'session_closed', severity: 'notice' }]);
  await bob.page.close();
});
