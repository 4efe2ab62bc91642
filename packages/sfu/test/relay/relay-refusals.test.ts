/** What one node refuses to another, which may be mistaken, of another version, or wrong. */
import type { ControlMessage } from '../../src/relay/links/control-messages.ts';
import { rendezvous } from '../../src/relay/path/rendezvous.ts';
import { createLeg } from '../../src/relay/relay-leg.ts';
import { APP } from '../doubles/sfu-under-test.ts';
import { type Camera, ClusterUnderTest } from './doubles/cluster-under-test.ts';

const BEST = { best: true, preferred: [], exact: [], weight: 1 };

function linkTransport(cluster: ClusterUnderTest, from: number, to: number): string {
  return [...cluster.node(from).shard.transports.keys()].find((id) => id.startsWith(`link-${to}-`)) ?? '';
}

function sent(cluster: ClusterUnderTest, from: number, to: number): readonly ControlMessage[] {
  const transportId = linkTransport(cluster, from, to);
  const { sentData } = cluster.node(from).shard;
  return sentData.filter((each) => each.transportId === transportId).map(({ data }) => JSON.parse(String(data)).m);
}

/** One node says something to another that it would not say by itself. @returns what it is answered, pulses left out */
async function say(cluster: ClusterUnderTest, from: number, to: number, message: ControlMessage): Promise<readonly ControlMessage[]> {
  const before = sent(cluster, to, from).length;
  const serial = sent(cluster, from, to).length + 1;
  cluster.node(from).shard.send({
    type: 'send-data',
    transportId: linkTransport(cluster, from, to),
    streamId: 1,
    data: JSON.stringify({ n: serial, m: message }),
  });
  await cluster.clock.advance(100);
  return sent(cluster, to, from)
    .slice(before)
    .filter(({ type }) => type !== 'pulse');
}

/** The number by which a node knows the copy that it asked node 1 for. */
function firstWantOf(cluster: ClusterUnderTest, from: number): number {
  const asked = sent(cluster, from, 1).find((message): message is Want => message.type === 'subscribe');
  return asked?.wantId ?? -1;
}

async function scene(nodeNos: readonly number[] = [1, 2]): Promise<{ cluster: ClusterUnderTest; want: Want } & Camera> {
  const cluster = await ClusterUnderTest.linked(nodeNos);
  const camera = await cluster.publish(1);
  return { cluster, ...camera, want: wantOf(camera) };
}

type Want = Extract<ControlMessage, { readonly type: 'subscribe' }>;

function wantOf({ publisher, publicationId }: Camera): Want {
  let ssrc = 1000;
  const leg = createLeg(
    { kind: 'video', codecs: [{ name: 'vp8', clockRateHz: 90_000, channels: 1, fmtp: '' }], extensionUris: [], rids: [] },
    'x',
    () => ++ssrc,
  );
  return { type: 'subscribe', wantId: 900, publicationId, appId: APP, sessionId: publisher.id, route: [2, 1], demand: BEST, leg };
}

describe('a node refuses', () => {
  it.each<[string, Partial<Want>, string]>([
    ['a track that it has not got', { publicationId: 'session-1-0/p7' }, 'unknown-track'],
    ['a track of another app', { appId: 'app-two' }, 'wrong-app'],
    ['a way that does not lead to it', { route: [2, 3] }, 'no-path'],
    ['a route that begins with another node', { route: [3, 1] }, 'no-path'],
  ])('%s, and says why', async (_name, change, reason) => {
    const { cluster, want } = await scene();

    const answers = await say(cluster, 2, 1, { ...want, ...change });

    expect(answers).toEqual([{ type: 'refused', wantId: 900, reason, others: [] }]);
    expect(cluster.node(1).shard.subscriptions.size).toBe(0);
  });

  it('to go round in a circle: a track of the node that asks', async () => {
    const { cluster, want } = await scene();
    const viewer = await cluster.join(2);
    const own = await cluster.publish(2);
    await (await cluster.join(1)).receive(own.publisher.track('camera'));
    await viewer.receive({ remoteSessionId: want.sessionId, remoteTrackId: 'camera' });
    await cluster.clock.advance(500);

    const answers = await say(cluster, 2, 1, { ...wantOf(own), route: [2, 1, 2] as never });

    // A route that passes a node twice is not a route: the message is malformed, and its sender is not trusted any further.
    expect(answers).toEqual([]);
    expect(cluster.node(1).linkEvents.at(-1)).toMatchObject({ type: 'link.down', reason: 'malformed' });
  });

  it('a route that does not end with the owner', async () => {
    const { cluster, want, publisher } = await scene([1, 2, 3]);
    await (await cluster.join(2)).receive(publisher.track('camera'));
    await cluster.clock.advance(500);

    // The owner itself asks for its own track, on a way that does not end with it.
    const answers = await say(cluster, 1, 2, { ...want, route: [1, 2, 3] });

    expect(answers).toEqual([{ type: 'refused', wantId: 900, reason: 'no-path', others: [] }]);
    expect(cluster.copies()).toEqual([`1>2 ${want.publicationId}@`]);
  });

  it('to feed a node from a leg that comes from that node: it opens another one', async () => {
    const cluster = await ClusterUnderTest.linked([1, 2, 3], { oneWayMs: (from, to) => (from + to === 3 ? 100 : 20) });
    const camera = await cluster.publish(1);
    const viewer = await cluster.join(2);
    await viewer.receive(camera.publisher.track('camera'));
    await cluster.clock.advance(1000);

    // Node 2 has it from node 3, which now asks for it by way of node 2.
    const answers = await say(cluster, 3, 2, { ...wantOf(camera), route: [3, 2, 1] });
    await cluster.clock.advance(1000);

    expect(answers).toEqual([expect.objectContaining({ type: 'accepted', route: [2, 1] })]);
    expect(cluster.copies()).toContain(`1>2 ${camera.publicationId}@`);
    expect(cluster.shown(2, viewer)).toEqual([`${camera.publicationId}@`]);
  });

  it('a second copy: a neighbour’s newer want replaces the older', async () => {
    const { cluster, want, publicationId } = await scene();
    await say(cluster, 2, 1, want);
    const { leg } = wantOf({ publisher: { id: want.sessionId } as never, publicationId });

    const other = {
      ...leg,
      mid: 'y',
      layers: leg.layers.map((layer) => ({ ...layer, ssrc: layer.ssrc + 100, rtxSsrc: layer.rtxSsrc + 100 })),
    };
    const answers = await say(cluster, 2, 1, { ...want, wantId: 901, leg: other });

    expect(answers).toEqual([expect.objectContaining({ type: 'accepted', wantId: 901 })]);
    expect([...cluster.node(1).shard.subscriptions.values()].map(({ mid }) => mid)).toEqual(['y']);
  });
});

describe.each([
  ['another region', 'there'],
  ["the owner's region, when that has all the places it may have", 'here'],
])('%s', (_name, region) => {
  const MATES = [2, 3, 4];

  /** Node 1 publishes and feeds three nodes; nodes 2 to 4 are the region, and the one that the track should come in by watches. */
  async function watched() {
    const regions = { 1: 'here', 2: region, 3: region, 4: region, 5: 'there', 6: 'elsewhere' };
    const records = Object.fromEntries(Object.entries(regions).map(([nodeNo, name]) => [nodeNo, { region: name }]));
    const nodeNos = region === 'here' ? [1, ...MATES, 5, 6] : [1, ...MATES];
    const cluster = await ClusterUnderTest.linked(nodeNos, { records, cluster: { maxFanOut: 3 } });
    const camera = await cluster.publish(1);
    const root = rendezvous(camera.publicationId, MATES) ?? 0;
    const other = MATES.find((nodeNo) => nodeNo !== root) ?? 0;
    const viewer = await cluster.join(root);
    await viewer.receive(camera.publisher.track('camera'));
    await cluster.clock.advance(1000);
    return { cluster, root, other, want: wantOf(camera) };
  }

  it('gets no second copy by another of its nodes: that one is told who has the track', async () => {
    const { cluster, root, other, want } = await watched();

    const answers = await say(cluster, other, 1, { ...want, route: [other, 1] });

    expect(answers).toEqual([{ type: 'refused', wantId: 900, reason: 'fan-out', others: [root] }]);
  });

  it('gets it by the node that it should come in by, even if another one was first', async () => {
    const { cluster, root, other, want } = await watched();
    await say(cluster, root, 1, { type: 'unsubscribe', wantId: firstWantOf(cluster, root) });
    const taken = await say(cluster, other, 1, { ...want, route: [other, 1] });

    const answers = await say(cluster, root, 1, { ...want, wantId: 901, route: [root, 1] });

    expect(taken).toEqual([expect.objectContaining({ type: 'accepted', wantId: 900 })]);
    expect(answers).toEqual([expect.objectContaining({ type: 'accepted', wantId: 901 })]);
  });
});

describe('a node does not mind', () => {
  it.each<ControlMessage>([
    { type: 'unsubscribe', wantId: 12_345 },
    { type: 'demand', wantId: 12_345, demand: BEST },
    { type: 'closed', wantId: 12_345, reason: 'requested' },
    { type: 'refused', wantId: 12_345, reason: 'broken', others: [] },
    { type: 'unfollow', followId: 12_345 },
    { type: 'located', requestId: 12_345, route: [1, 2], at: 0, hasSession: true },
    { type: 'locate', requestId: 1, route: [3, 4], at: 1, appId: APP, reference: { by: 'id', sessionId: 'x', trackId: 'y' } },
    { type: 'path-told', requestId: 12_345, own: {}, hops: [], unanswered: [] },
  ])('news about something it does not know: $type', async (message) => {
    const { cluster } = await scene();

    const answers = await say(cluster, 2, 1, message);

    expect(answers).toEqual([]);
    expect(cluster.node(1).linkEvents.map(({ type }) => type)).toEqual(['link.up']);
  });

  it('news from a neighbour about another neighbour’s want', async () => {
    const { cluster, publisher, publicationId } = await scene([1, 2, 3]);
    const viewer = await cluster.join(2);
    await viewer.receive(publisher.track('camera'));
    await cluster.clock.advance(500);
    const [asked] = sent(cluster, 2, 1).filter(({ type }) => type === 'subscribe') as Want[];

    await say(cluster, 3, 2, { type: 'closed', wantId: asked?.wantId ?? 0, reason: 'requested' });

    expect(cluster.shown(2, viewer)).toEqual([`${publicationId}@`]);
  });

  it('a track with more and longer descriptions than a message may have', async () => {
    const cluster = await ClusterUnderTest.linked([1, 2]);
    const { publisher, publicationId } = await cluster.publish(1);
    const record = await cluster.registry.locateTrack(APP, { by: 'id', sessionId: publisher.id, trackId: 'camera' });
    if (record === undefined) throw new Error('the camera was published');
    const long = 'x'.repeat(400);
    await cluster.registry.putTrack({
      ...record,
      codecs: [...record.codecs, ...Array.from({ length: 20 }, () => ({ name: 'vp9', clockRateHz: 90_000, channels: 1, fmtp: long }))],
      extensionUris: Array.from({ length: 100 }, (_, index) => `urn:${index}:${long}`),
      aliases: Array.from({ length: 100 }, () => long),
    });
    const viewer = await cluster.join(2);

    await viewer.receive(publisher.track('camera'));
    await cluster.clock.advance(500);

    expect(cluster.shown(2, viewer)).toEqual([`${publicationId}@`]);
    expect(cluster.node(1).linkEvents.map(({ type }) => type)).toEqual(['link.up']);
  });
});

describe('a question to a node several links away', () => {
  it('is answered along the same route', async () => {
    const cluster = await ClusterUnderTest.linked([1, 2, 3]);
    cluster.mesh.cut(1, 3);
    await cluster.clock.advance(10_000);
    const { publisher, publicationId } = await cluster.publish(1);
    await cluster.registry.removeSession(APP, publisher.id);
    const viewer = await cluster.join(3);

    const received = viewer.receive(publisher.track('camera'));
    await cluster.clock.advance(1000);

    expect((await received).tracks[0]?.errorCode).toBeUndefined();
    expect(cluster.shown(3, viewer)).toEqual([`${publicationId}@`]);
    expect([...cluster.copies()].sort()).toEqual([`1>2 ${publicationId}@`, `2>3 ${publicationId}@`]);
  });
});
