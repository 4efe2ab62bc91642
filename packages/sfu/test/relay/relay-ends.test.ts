import { TrackId } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { MemoryRegistry } from '../../src/registry/index.ts';
import { APP, type Joined, OTHER_APP } from '../doubles/sfu-under-test.ts';
import { type Camera, ClusterUnderTest } from './doubles/cluster-under-test.ts';

async function watching(nodeNos: readonly number[] = [1, 2]): Promise<{ cluster: ClusterUnderTest; viewer: Joined } & Camera> {
  const cluster = await ClusterUnderTest.linked(nodeNos);
  const camera = await cluster.publish(1);
  const viewer = await cluster.join(2);
  await viewer.receive(camera.publisher.track('camera'));
  await cluster.clock.advance(500);
  return { cluster, viewer, ...camera };
}

/** What the viewer's node said about ended subscriptions. */
function ends(cluster: ClusterUnderTest, viewer: Joined): readonly unknown[] {
  return cluster.node(2).world.events.flatMap((event) => {
    const isEnd = event.type === 'subscription.ended' || event.type === 'subscription.failed';
    return isEnd && event.sessionId === viewer.id ? [event.type === 'subscription.ended' ? event.reason : event.errorCode] : [];
  });
}

function countOfLegs(cluster: ClusterUnderTest): number {
  return cluster.node(2).shard.publications.size;
}

describe('a relay ends', () => {
  it('with its track, whose followers on other nodes are told why', async () => {
    const { cluster, viewer, publisher } = await watching();

    await cluster.node(1).world.sfu.closeTracks(APP, publisher.id, { tracks: [{ trackId: TrackId.parse('camera') }] });
    await cluster.clock.advance(100);

    expect(ends(cluster, viewer)).toEqual(['requested']);
    expect([cluster.shown(2, viewer), countOfLegs(cluster), cluster.copies()]).toEqual([[], 0, []]);
  });

  it('with the session of its publisher', async () => {
    const { cluster, viewer, publisher } = await watching();

    await cluster.node(1).world.sfu.deleteSession(APP, publisher.id);
    await cluster.clock.advance(100);

    expect(ends(cluster, viewer)).toEqual(['session_closed']);
    expect(countOfLegs(cluster)).toBe(0);
  });

  it('when the directory says that the node of its publisher has left or begun again', async () => {
    const { cluster, viewer } = await watching();

    cluster.tellGone(1, 'left');

    expect(ends(cluster, viewer)).toEqual(['session_closed']);
    expect(countOfLegs(cluster)).toBe(0);
  });

  it('when the node of its publisher has died, as soon as its lease and its link are both gone', async () => {
    const { cluster, viewer } = await watching();

    await cluster.kill(1);
    await cluster.clock.advance(6000);
    const before = ends(cluster, viewer);
    cluster.tellGone(1, 'lease-ended');

    expect(before).toEqual([]);
    expect(ends(cluster, viewer)).toEqual(['session_closed']);
  });

  it('but not while the route to its publisher’s node may come back', async () => {
    const { cluster, viewer, publisher } = await watching();
    cluster.mesh.cut(1, 2);
    await cluster.clock.advance(9500);

    cluster.mesh.heal(1, 2);
    await cluster.clock.advance(6000);

    expect(ends(cluster, viewer)).toEqual([]);
    expect(cluster.shown(2, viewer)).toEqual([expect.stringContaining(publisher.id)]);
  });

  it('when the node of its publisher was given up, but can be opened again if it comes back as it was', async () => {
    const { cluster, viewer, publisher, publicationId } = await watching();
    const record = cluster.node(2).directory.find(1)!;
    cluster.mesh.cut(1, 2);
    await cluster.clock.advance(6000);
    cluster.tellGone(1, 'lease-ended');

    cluster.mesh.heal(1, 2);
    cluster.node(2).directory.put(record);
    await cluster.clock.advance(6000);
    await viewer.receive(publisher.track('camera'));
    await cluster.clock.advance(500);

    expect(ends(cluster, viewer)).toEqual(['session_closed']);
    expect(cluster.shown(2, viewer)).toContain(`${publicationId}@`);
  });

  it('when there is no route to the publisher for twelve seconds, though the directory still lists its node', async () => {
    const { cluster, viewer } = await watching();

    cluster.mesh.cut(1, 2);
    await cluster.clock.advance(11_000);
    const before = ends(cluster, viewer);
    await cluster.clock.advance(3000);

    expect(before).toEqual([]);
    expect(ends(cluster, viewer)).toEqual(['unreachable']);
    expect(countOfLegs(cluster)).toBe(0);
    const { subscriptions } = await cluster.node(2).world.sfu.describeSession(APP, viewer.id);
    expect(subscriptions).toMatchObject([{ errorCode: 'relay_unavailable' }]);
  });

  it('leaves nothing behind once all sessions have ended', async () => {
    const { cluster, viewer, publisher } = await watching();

    await cluster.node(2).world.sfu.deleteSession(APP, viewer.id);
    await cluster.node(1).world.sfu.deleteSession(APP, publisher.id);
    await cluster.clock.advance(90_000);
    const timers = cluster.clock.armedTimers;
    for (const { world } of cluster.nodes.values()) await world.sfu.close();
    await cluster.clock.advance(1000);

    // One pulse on each node.
    expect(timers).toBe(2);
    expect(cluster.clock.armedTimers).toBe(0);
    for (const { shard } of cluster.nodes.values()) {
      expect([shard.transports.size, shard.publications.size, shard.subscriptions.size]).toEqual([0, 0, 0]);
    }
  });
});

describe('a link that fails', () => {
  it('brings the track back as it was after a short silence, without a new copy', async () => {
    const { cluster, viewer, publicationId } = await watching();
    const putBefore = cluster.node(1).shard.log.length;

    cluster.mesh.cut(1, 2);
    await cluster.clock.advance(5000);
    cluster.mesh.heal(1, 2);
    await cluster.clock.advance(500);

    expect(cluster.shown(2, viewer)).toEqual([`${publicationId}@`]);
    expect(cluster.node(1).shard.log.slice(putBefore)).toEqual([]);
    expect(ends(cluster, viewer)).toEqual([]);
  });

  it('is opened again, and everything is requested again, if its transport is gone', async () => {
    const { cluster, viewer, publicationId } = await watching();
    const transportId = [...cluster.node(1).shard.transports.keys()].find((id) => id.startsWith('link-')) ?? '';

    cluster.node(1).shard.send({ type: 'close-transport', transportId });
    cluster.node(1).shard.listener({ type: 'transport-closed', transportId, reason: 'connection_lost' });
    await cluster.clock.advance(3000);

    expect(cluster.shown(2, viewer)).toEqual([`${publicationId}@`]);
    expect(cluster.copies()).toEqual([`1>2 ${publicationId}@`]);
    expect(ends(cluster, viewer)).toEqual([]);
  });
});

describe('a relay of a track that its owner describes again', () => {
  it('goes over to numbers for the codecs it has now, without a moment of nothing', async () => {
    const { cluster, viewer, publisher, publicationId } = await watching();
    const [before] = cluster.node(2).shard.publications.values();

    Object.assign(publisher.client.at('0'), { codecs: ['vp8', 'vp9'] });
    await publisher.offer();
    await cluster.clock.advance(300);

    const [after, ...others] = cluster.node(2).shard.publications.values();
    expect([before?.codecs.map(({ name }) => name), after?.codecs.map(({ name }) => name)]).toEqual([['vp8'], ['vp8', 'vp9']]);
    expect([others, cluster.copies(), cluster.shown(2, viewer)]).toEqual([[], [`1>2 ${publicationId}@`], [`${publicationId}@`]]);
  });

  it('does so at once where a third node passes it on', async () => {
    const cluster = await ClusterUnderTest.linked([1, 2, 3], { oneWayMs: (from, to) => (from + to === 3 ? 100 : 20) });
    const { publisher, publicationId } = await cluster.publish(1);
    const viewer = await cluster.join(2);
    await viewer.receive(publisher.track('camera'));
    await cluster.clock.advance(1000);

    Object.assign(publisher.client.at('0'), { codecs: ['vp8', 'vp9'] });
    await publisher.offer();
    await cluster.clock.advance(300);

    const [leg, ...others] = cluster.node(2).shard.publications.values();
    expect([leg?.codecs.map(({ name }) => name), others]).toEqual([['vp8', 'vp9'], []]);
    expect([...cluster.copies()].sort()).toEqual([`1>3 ${publicationId}@`, `3>2 ${publicationId}@`]);
    expect(cluster.shown(2, viewer)).toEqual([`${publicationId}@`]);
  });
});

describe('a subscribe to another node', () => {
  it('fails clearly for a track or a session that is not there', async () => {
    const { cluster, publisher } = await watching();
    const viewer = await cluster.join(2);
    const missing = publisher.id.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));

    const track = viewer.subscribe({ remoteSessionId: publisher.id, remoteTrackId: 'screen' });
    const session = viewer.subscribe({ remoteSessionId: missing, remoteTrackId: 'camera' });
    const outcomes = Promise.allSettled([track, session]);
    await cluster.clock.advance(2000);

    expect((await outcomes).map((each) => each.status === 'rejected' && each.reason.code)).toEqual([
      'track_not_found',
      'session_not_found',
    ]);
  });

  it('finds nothing of another app', async () => {
    const { cluster, publisher } = await watching();
    const client = new ScriptedClient();
    const { sfu } = cluster.node(2).world;
    const { sessionId } = await sfu.createSession(OTHER_APP, { sessionDescription: client.createOffer() });

    const outcome = sfu.subscribe(OTHER_APP, sessionId, { tracks: [publisher.track('camera')] });
    const refused = expect(outcome).rejects.toMatchObject({ code: 'session_not_found' });
    await cluster.clock.advance(2000);

    await refused;
  });

  it('asks no other node about a track that is already watched here', async () => {
    const { cluster, publisher } = await watching();
    let questions = 0;
    cluster.registry.locateTrack = async () => {
      questions++;
      return undefined;
    };
    const viewer = await cluster.join(2);

    const reply = await viewer.receive(publisher.track('camera'));

    expect(reply.tracks[0]?.errorCode).toBeUndefined();
    expect(questions).toBe(0);
  });

  it('asks the owner when the registry cannot be asked', async () => {
    const registry = new MemoryRegistry();
    const cluster = await ClusterUnderTest.linked([1, 2], { registry });
    const { publisher, publicationId } = await cluster.publish(1);
    registry.locateTrack = () => Promise.reject(new Error('Redis is down'));
    registry.findSession = () => Promise.reject(new Error('Redis is down'));
    const viewer = await cluster.join(2);

    const received = viewer.receive(publisher.track('camera'));
    await cluster.clock.advance(500);

    expect((await received).tracks).toEqual([expect.objectContaining({ mid: 's0', status: 'active' })]);
    expect(cluster.shown(2, viewer)).toEqual([`${publicationId}@`]);
  });

  it('asks the owner when the registry has forgotten, and gives up after a second if it does not answer', async () => {
    const cluster = await ClusterUnderTest.linked([1, 2]);
    const { publisher } = await cluster.publish(1);
    await cluster.registry.removeSession(APP, publisher.id);
    const viewer = await cluster.join(2);
    const other = await cluster.join(2);
    const found = viewer.receive(publisher.track('camera'));
    await cluster.clock.advance(100);
    cluster.mesh.cut(1, 2);

    const unanswered = other.subscribe({ remoteSessionId: publisher.id, remoteTrackId: 'screen' }).catch(({ code }) => code);
    await cluster.clock.advance(1100);

    expect((await found).tracks[0]?.errorCode).toBeUndefined();
    expect(await unanswered).toBe('session_not_found');
  });

  it('says that an unknown node cannot be reached', async () => {
    const cluster = await ClusterUnderTest.linked([1, 2]);
    const { publisher } = await cluster.publish(1);
    cluster.tellGone(1, 'left');
    const viewer = await cluster.join(2);

    const outcome = viewer.subscribe(publisher.track('camera'));

    await expect(outcome).rejects.toMatchObject({ code: 'relay_unavailable' });
  });

  it('that the owner refuses ends the subscription instead of leaving it waiting', async () => {
    const { cluster, publisher, publicationId } = await watching();
    const record = await cluster.registry.locateTrack(APP, { by: 'id', sessionId: publisher.id, trackId: 'camera' });
    // The registry has not yet heard that this one is gone.
    if (record !== undefined) await cluster.registry.putTrack({ ...record, trackId: 'old', publicationId: `${publicationId}9` });
    const viewer = await cluster.join(2);

    await viewer.receive(publisher.track('old'));
    await cluster.clock.advance(200);

    expect(ends(cluster, viewer)).toEqual(['requested']);
    expect(cluster.shown(2, viewer)).toEqual([]);
  });
});
