/** Why is there no picture? Each reason is provoked alone, and a session in which nothing is wrong has none. */
import type { SourceSnapshot, SubscriberTrackSnapshot, TransportSnapshot } from '@causeway/media';
import type { DiagnosisCode } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { findingsOf } from '../../src/session/diagnosis/findings.ts';
import type { SessionFacts, SubscriptionFacts } from '../../src/session/diagnosis/session-facts.ts';
import { APP, type Joined, OTHER_APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

const FLOWING = {
  silentMs: 20,
  layers: [{ ssrc: 7, rid: '', bitrateBps: 1e6, isArriving: true, packetsReceived: 900, packetsRepaired: 0, keyframeAwaitedMs: undefined }],
};
const SOURCE: SourceSnapshot = { trackId: '', subscribers: 1, ...FLOWING, isLinked: false, hasCommonCodec: true };

interface Changes {
  readonly transport?: Partial<TransportSnapshot>;
  readonly subscription?: Partial<SubscriberTrackSnapshot>;
  readonly source?: Partial<SourceSnapshot>;
}

/** A call in which everything is well but for what a test changes: one publishes a camera, one watches it. */
class Call {
  readonly world = new SfuUnderTest();
  publisher!: Joined;
  viewer!: Joined;

  static async start(): Promise<Call> {
    const call = new Call();
    call.publisher = await call.world.joinPublisher();
    call.viewer = await call.world.join(new ScriptedClient());
    await call.viewer.receive(call.publisher.track('camera'));
    call.world.shard.connect(call.viewer.id);
    call.show();
    return call;
  }

  /** What the engine knows of both from now on. */
  show({ transport = {}, subscription = {}, source = {} }: Changes = {}): void {
    const { shard } = this.world;
    for (const { id } of [this.publisher, this.viewer]) {
      const publisherTracks = shard.publicationsOf(id).map(({ trackId }) => ({ trackId, subscribers: 1, ...FLOWING }));
      const subscriberTracks = shard.subscriptionsOf(id).map(
        ({ subscriptionId }): SubscriberTrackSnapshot => ({
          subscriptionId,
          rid: '',
          packetsSent: 5_000,
          payloadBytesSent: 5e6,
          packetsResent: 0,
          packetsLost: 0,
          isPaused: false,
          quality: 'full',
          leastBps: 150_000,
          awaitsKeyframe: false,
          source: { ...SOURCE, ...source },
          ...subscription,
        }),
      );
      shard.snapshots.set(id, {
        transportId: id,
        state: 'connected',
        openMs: 60_000,
        silentMs: 20,
        path: 'proven',
        isSecure: true,
        rttMs: 40,
        estimate: undefined,
        publisherTracks,
        subscriberTracks,
        ...(id === this.viewer.id && transport),
      });
    }
  }

  async findings(session = this.viewer): Promise<readonly DiagnosisCode[]> {
    return (await this.world.sfu.diagnoseSession(APP, session.id)).findings.map(({ code }) => code);
  }
}

test('nothing is wrong with fifty healthy sessions, and their figures are shown', async () => {
  const call = await Call.start();
  for (let count = 0; count < 49; count++) {
    const viewer = await call.world.join(new ScriptedClient());
    await viewer.receive(call.publisher.track('camera'));
    call.world.shard.connect(viewer.id);
    call.viewer = viewer;
    call.show();
    expect(await call.findings()).toEqual([]);
  }

  expect(await call.findings(call.publisher)).toEqual([]);
  expect(await call.world.sfu.diagnoseSession(APP, call.viewer.id)).toMatchObject({
    connectionState: 'connected',
    transport: { openMs: 60_000, silentMs: 20, rttMs: 40 },
    subscriptions: [{ mid: 's0', trackKind: 'video', remoteSessionId: call.publisher.id, rid: '', packetsSent: 5_000, packetsLost: 0 }],
  });
  expect(await call.world.sfu.diagnoseSession(APP, call.publisher.id)).toMatchObject({
    publications: [{ trackId: 'camera', silentMs: 20, layers: [{ rid: '', bitrateBps: 1_000_000, isArriving: true }], subscribers: 1 }],
  });
});

test.each<[code: DiagnosisCode, changes: Changes, says: string | RegExp]>([
  ['udp_blocked', { transport: { isSecure: false, path: 'none', openMs: 3_000 } }, 'UDP to this node is blocked'],
  ['path_unproven', { transport: { isSecure: false, path: 'unproven', openMs: 3_000 } }, 'lost on their way'],
  ['handshake_incomplete', { transport: { isSecure: false, path: 'proven', openMs: 4_200 } }, 'handshake in 4.2 s'],
  ['client_silent', { transport: { silentMs: 6_040 } }, 'for 6 s'],
  ['egress_limited', { subscription: { isPaused: true } }, 'has reached its egress limit'],
  ['source_closed', { subscription: { source: undefined } }, 'no longer published'],
  ['source_silent', { source: { silentMs: 12_400 } }, 'for 12.4 s'],
  ['source_silent', { source: { silentMs: undefined, layers: [] } }, 'of track camera yet'],
  ['codec_mismatch', { source: { hasCommonCodec: false } }, 'none of the codecs'],
  ['bandwidth_short', { subscription: { quality: 'paused' } }, 'needs 150 kbit/s'],
  [
    'keyframe_missing',
    { subscription: { awaitsKeyframe: true }, source: { layers: [{ ...FLOWING.layers[0]!, keyframeAwaitedMs: 3_000 }] } },
    'for 3 s',
  ],
  ['receiver_silent', { subscription: { packetsLost: undefined } }, '5000 packets'],
])('%s', async (code, changes, says) => {
  const call = await Call.start();
  call.show(changes);

  const { findings } = await call.world.sfu.diagnoseSession(APP, call.viewer.id);

  expect(findings).toEqual([expect.objectContaining({ code, severity: 'problem', summary: expect.stringContaining(String(says)) })]);
});

test.each<[what: string, changes: Changes]>([
  ['a client that began to connect a moment ago', { transport: { isSecure: false, path: 'none', openMs: 1_500 } }],
  ['a track that began a moment ago', { transport: { openMs: 900 }, source: { silentMs: undefined, layers: [] } }],
  ['sound in a pause', { source: { silentMs: 400 } }],
  [
    'a keyframe that has just been asked for',
    { subscription: { awaitsKeyframe: true }, source: { layers: [{ ...FLOWING.layers[0]!, keyframeAwaitedMs: 300 }] } },
  ],
  ['a receiver that has been sent little', { subscription: { packetsSent: 20, packetsLost: undefined } }],
])('nothing is said of %s', async (_, changes) => {
  const call = await Call.start();
  call.show(changes);

  expect(await call.findings()).toEqual([]);
});

/** What is known of the viewer's session, if its publisher is on another node. */
async function factsAcrossNodes(changes: Changes, isPublished = true): Promise<SessionFacts> {
  const call = await Call.start();
  call.show(changes);
  const transport = call.world.shard.snapshots.get(call.viewer.id);
  const subscription: SubscriptionFacts = {
    mid: 's0',
    kind: 'video',
    remoteSessionId: call.publisher.id,
    remoteTrackId: 'camera',
    isPaused: false,
    publisher: { connectionState: 'connected', isOnThisNode: false, tracks: [] },
    isPublished,
    seen: transport?.subscriberTracks[0],
  };
  return {
    isHosted: false,
    quota: 'open',
    offerWaitsMs: undefined,
    transport,
    publications: [],
    subscriptions: [subscription],
    failed: [],
  };
}

test.each<[what: string, source: Partial<SourceSnapshot>, says: string]>([
  ['has never come', { silentMs: undefined, layers: [], isLinked: true }, "arrived from its publisher's node yet"],
  ['no longer comes', { silentMs: 4_100, isLinked: true }, "arrived from its publisher's node for 4.1 s"],
])('a relay is blamed for a track of another node that %s', async (_, source, says) => {
  expect(findingsOf(await factsAcrossNodes({ source }))).toEqual([
    { code: 'relay_silent', severity: 'problem', mid: 's0', summary: expect.stringContaining(says) },
  ]);
});

test('links are blamed for a track of another node that is gone although it is published', async () => {
  const lost = { subscription: { source: undefined } };

  expect(findingsOf(await factsAcrossNodes(lost))).toMatchObject([{ code: 'relay_silent', summary: expect.stringContaining('No link') }]);
  expect(findingsOf(await factsAcrossNodes(lost, false))).toMatchObject([{ code: 'source_closed' }]);
});

test('nothing is said of a track that arrives from another node', async () => {
  expect(findingsOf(await factsAcrossNodes({ source: { isLinked: true } }))).toEqual([]);
});

test('an app that has used up its quota', async () => {
  const call = await Call.start();
  call.world.sfu.setQuota(APP, 'paused');
  call.show({ subscription: { isPaused: true } });
  const paused = await call.findings();
  call.world.sfu.setQuota(APP, 'open');
  call.show();

  expect([paused, await call.findings()]).toEqual([['quota_used_up'], []]);
});

test('a client that has neither published nor subscribed', async () => {
  const world = new SfuUnderTest();
  const { id } = await world.join(new ScriptedClient());

  expect((await world.sfu.diagnoseSession(APP, id)).findings).toMatchObject([{ code: 'nothing_negotiated', severity: 'notice' }]);
});

test('an offer of the SFU that waits for its answer, after two seconds', async () => {
  const call = await Call.start();
  const slow = await call.world.join(new ScriptedClient());
  await slow.subscribe(call.publisher.track('camera'));
  const atOnce = await call.findings(slow);
  await call.world.clock.advance(3_000);

  expect(atOnce).toEqual([]);
  expect((await call.world.sfu.diagnoseSession(APP, slow.id)).findings[0]).toMatchObject({
    code: 'answer_missing',
    summary: expect.stringContaining('3 s'),
  });
});

test('an offer that was withdrawn because it was not answered', async () => {
  const call = await Call.start();
  const slow = await call.world.joinPublisher();
  await slow.subscribe(call.publisher.track('camera'));
  await call.world.clock.advance(10_500);
  call.viewer = slow;
  call.show();

  expect(await call.findings()).toEqual(['subscription_failed']);
});

test('a subscription that is paused', async () => {
  const call = await Call.start();
  await call.world.sfu.updateTracks(APP, call.viewer.id, { tracks: [{ mid: 's0', paused: true }] });
  call.show({ subscription: { isPaused: true } });

  expect((await call.world.sfu.diagnoseSession(APP, call.viewer.id)).findings).toMatchObject([
    { code: 'subscription_paused', severity: 'notice', mid: 's0' },
  ]);
});

test('a camera that is stopped, in the session of its publisher', async () => {
  const call = await Call.start();
  const { shard } = call.world;
  const seen = shard.snapshots.get(call.publisher.id)!;
  const publisherTracks = seen.publisherTracks.map((track) => ({ ...track, silentMs: 8_000 }));
  shard.snapshots.set(call.publisher.id, { ...seen, publisherTracks });

  expect((await call.world.sfu.diagnoseSession(APP, call.publisher.id)).findings).toMatchObject([
    { code: 'publisher_silent', severity: 'notice', mid: '0', summary: expect.stringContaining('for 8 s') },
  ]);
});

test('a publisher that is not connected', async () => {
  const call = await Call.start();
  call.world.shard.listener({ type: 'connection-state', transportId: call.publisher.id, state: 'disconnected' });

  expect(await call.findings()).toEqual(['source_disconnected']);
});

test.each([
  ['handshake_failed', 'fingerprint'],
  ['connection_lost', '35 seconds'],
  ['setup_timeout', 'UDP is blocked'],
] as const)('a session that has ended, for ten minutes: %s', async (reason, says) => {
  const call = await Call.start();
  call.world.shard.lose(call.viewer.id, reason);

  const diagnosis = await call.world.sfu.diagnoseSession(APP, call.viewer.id);
  await call.world.clock.advance(11 * 60_000);

  expect(diagnosis).toMatchObject({
    connectionState: 'closed',
    findings: [{ code: 'session_closed', summary: expect.stringContaining(says) }],
  });
  await expect(call.world.sfu.diagnoseSession(APP, call.viewer.id)).rejects.toMatchObject({ code: 'session_not_found' });
});

test('a fault on the path to the client hides faults behind it', async () => {
  const call = await Call.start();
  call.show({ transport: { silentMs: 9_000 }, source: { silentMs: 9_000 } });

  expect(await call.findings()).toEqual(['client_silent']);
});

test('a participant in this process, which has no client', async () => {
  const world = new SfuUnderTest();
  const { sessionId } = await world.sfu.data(APP);

  expect((await world.sfu.diagnoseSession(APP, sessionId)).findings).toEqual([]);
});

test('sessions of other apps are not found', async () => {
  const call = await Call.start();

  await expect(call.world.sfu.diagnoseSession(OTHER_APP, call.viewer.id)).rejects.toMatchObject({ code: 'session_not_found' });
});
