import type { ExtensionPlan } from '@causeway/media';
import { TRANSPORT_WIDE_CC_URI } from '@causeway/wire';
import { APP } from '../doubles/sfu-under-test.ts';
import { ClusterUnderTest } from './doubles/cluster-under-test.ts';

const LAYERS = ['l', 'm', 'h'];

describe('a track of another node', () => {
  it('is offered at once, from what the registry knows, and comes over one copy', async () => {
    const cluster = await ClusterUnderTest.linked([1, 2]);
    const { publisher, publicationId } = await cluster.publish(1);
    const viewer = await cluster.join(2);
    const askedAtMs = cluster.clock.nowMs();

    const reply = await viewer.receive(publisher.track('camera'));
    const offeredAtMs = cluster.clock.nowMs();
    await cluster.clock.advance(200);

    expect(offeredAtMs).toBe(askedAtMs);
    expect(reply.tracks).toEqual([expect.objectContaining({ remoteTrackId: 'camera', mid: 's0', trackKind: 'video', status: 'active' })]);
    expect(cluster.shown(2, viewer)).toEqual([`${publicationId}@`]);
    expect(cluster.copies()).toEqual([`1>2 ${publicationId}@`]);
  });

  it('comes one message after it was asked for', async () => {
    const cluster = await ClusterUnderTest.linked([1, 2], { oneWayMs: () => 40 });
    const { publisher } = await cluster.publish(1);
    const viewer = await cluster.join(2);
    const sentBefore = cluster.node(2).shard.sentData.length;

    await viewer.receive(publisher.track('camera'));
    await cluster.clock.advance(42);

    expect(cluster.copies()).toHaveLength(1);
    expect(cluster.node(2).shard.sentData.length - sentBefore).toBe(1);
  });

  it('is counted on the link under one id, whatever else its packets carry', async () => {
    const cluster = await ClusterUnderTest.linked([1, 2]);
    for (const trackId of ['camera', 'screen']) {
      const { publisher } = await cluster.publish(1, { trackId });
      await (await cluster.join(2)).receive(publisher.track(trackId));
    }
    await cluster.clock.advance(500);

    const numberings = (plans: Iterable<{ readonly transportId: string; readonly extensions: readonly ExtensionPlan[] }>) =>
      [...plans]
        .filter(({ transportId }) => transportId.startsWith('link-'))
        .map(({ extensions }) => extensions.filter(({ uri }) => uri === TRANSPORT_WIDE_CC_URI));
    const expected = [[{ id: 14, uri: TRANSPORT_WIDE_CC_URI }], [{ id: 14, uri: TRANSPORT_WIDE_CC_URI }]];
    expect(numberings(cluster.node(1).shard.subscriptions.values())).toEqual(expected);
    expect(numberings(cluster.node(2).shard.publications.values())).toEqual(expected);
  });

  it('crosses once however many watch it', async () => {
    const cluster = await ClusterUnderTest.linked([1, 2, 3]);
    const { publisher, publicationId } = await cluster.publish(1);
    for (let count = 0; count < 10; count++) {
      for (const nodeNo of [2, 3]) await (await cluster.join(nodeNo)).receive(publisher.track('camera'));
    }
    await cluster.clock.advance(500);

    expect([...cluster.copies()].sort()).toEqual([`1>2 ${publicationId}@`, `1>3 ${publicationId}@`]);
  });

  it('stops crossing within five seconds of the last one leaving, and not before', async () => {
    const cluster = await ClusterUnderTest.linked([1, 2]);
    const { publisher } = await cluster.publish(1);
    const viewers = [await cluster.join(2), await cluster.join(2)];
    for (const viewer of viewers) await viewer.receive(publisher.track('camera'));
    await cluster.clock.advance(500);
    const { sfu } = cluster.node(2).world;
    const [first, last] = viewers;

    await sfu.unsubscribe(APP, first?.id ?? '', { tracks: [{ mid: 's0' }] });
    await cluster.clock.advance(10_000);
    const whileOneWatches = cluster.copies().length;
    await sfu.deleteSession(APP, last?.id ?? '');
    await cluster.clock.advance(2500);
    const inLinger = cluster.copies().length;
    await cluster.clock.advance(2500);

    expect([whileOneWatches, inLinger, cluster.copies().length]).toEqual([1, 1, 0]);
    expect(cluster.node(2).shard.publications.size).toBe(0);
    expect(cluster.node(1).shard.subscriptions.size).toBe(0);
  });

  it('continues without a new copy if a subscriber comes while it lingers', async () => {
    const cluster = await ClusterUnderTest.linked([1, 2]);
    const { publisher } = await cluster.publish(1);
    const viewer = await cluster.join(2);
    await viewer.receive(publisher.track('camera'));
    await cluster.clock.advance(500);
    await cluster.node(2).world.sfu.deleteSession(APP, viewer.id);
    await cluster.clock.advance(2000);

    const next = await cluster.join(2);
    await next.receive(publisher.track('camera'));
    await cluster.clock.advance(20_000);

    expect(cluster.shown(2, next)).toHaveLength(1);
    expect(cluster.node(1).shard.log.filter((line) => line.startsWith('put-subscriber-track'))).toHaveLength(1);
  });

  it('can be watched by its own session, from its own node, without any link', async () => {
    const cluster = await ClusterUnderTest.linked([1, 2]);
    const { publisher, publicationId } = await cluster.publish(1);
    const viewer = await cluster.join(1);

    await viewer.receive(publisher.track('camera'));
    await cluster.clock.advance(500);

    expect(cluster.shown(1, viewer)).toEqual([`${publicationId}@`]);
    expect(cluster.copies()).toEqual([]);
  });
});

describe('simulcast over a link', () => {
  async function scene() {
    const cluster = await ClusterUnderTest.linked([1, 2]);
    const camera = await cluster.publish(1, { rids: LAYERS });
    return { cluster, ...camera };
  }

  it('carries only the best layer for subscribers that leave the choice to the SFU', async () => {
    const { cluster, publisher, publicationId } = await scene();
    const viewer = await cluster.join(2);

    await viewer.receive(publisher.track('camera'));
    await cluster.clock.advance(3000);

    expect(cluster.copies()).toEqual([`1>2 ${publicationId}@h`]);
    expect(cluster.shown(2, viewer)).toEqual([`${publicationId}@h`]);
  });

  it('carries each requested layer once, and no other', async () => {
    const { cluster, publisher, publicationId } = await scene();
    const viewers = [];
    for (const preferredRid of ['l', 'h', 'l', 'h']) {
      const viewer = await cluster.join(2);
      await viewer.receive({ ...publisher.track('camera'), simulcast: { preferredRid } });
      viewers.push(viewer);
    }
    await cluster.clock.advance(3000);

    expect([...cluster.copies()].sort()).toEqual([`1>2 ${publicationId}@h`, `1>2 ${publicationId}@l`]);
    expect(viewers.map((viewer) => cluster.shown(2, viewer)[0]?.at(-1))).toEqual(['l', 'h', 'l', 'h']);
  });

  it('stops a layer when the last subscriber that requested it chooses another', async () => {
    const { cluster, publisher, publicationId } = await scene();
    const viewer = await cluster.join(2);
    await viewer.receive({ ...publisher.track('camera'), simulcast: { preferredRid: 'h' } });
    await cluster.clock.advance(1000);

    await cluster.node(2).world.sfu.updateTracks(APP, viewer.id, { tracks: [{ mid: 's0', simulcast: { preferredRid: 'm' } }] });
    await cluster.clock.advance(4000);

    expect(cluster.copies()).toEqual([`1>2 ${publicationId}@m`]);
    expect(cluster.shown(2, viewer)).toEqual([`${publicationId}@m`]);
  });

  it('stops altogether while all subscribers are paused, and resumes afterwards', async () => {
    const { cluster, publisher, publicationId } = await scene();
    const viewer = await cluster.join(2);
    await viewer.receive(publisher.track('camera'));
    const pause = (paused: boolean) => cluster.node(2).world.sfu.updateTracks(APP, viewer.id, { tracks: [{ mid: 's0', paused }] });

    await pause(true);
    await cluster.clock.advance(1000);
    const paused = cluster.copies();
    await pause(false);
    await cluster.clock.advance(1000);

    expect(paused).toEqual([]);
    expect(cluster.copies()).toEqual([`1>2 ${publicationId}@h`]);
  });

  it('lets lower layers stand in on a link that is too narrow for it, and on no other', async () => {
    const { cluster, publisher } = await scene();
    for (let viewers = 0; viewers < 5; viewers++) await (await cluster.join(2)).receive(publisher.track('camera'));
    await cluster.clock.advance(1000);
    const { shard } = cluster.node(1);
    const onLink = () => [...shard.subscriptions.values()].filter(({ transportId }) => transportId.startsWith('link-'));
    const [best] = onLink();
    const tell = (areNeeded: boolean) => {
      const { transportId = '', subscriptionId = '' } = best ?? {};
      shard.listener({ type: 'lower-layers-needed', transportId, subscriptionId, areNeeded });
    };

    tell(true);
    await cluster.clock.advance(100);
    const narrow = onLink();
    tell(false);
    await cluster.clock.advance(3000);
    const wide = onLink();

    const shown = (plans: typeof narrow) =>
      plans.map(({ preferredRid, paused, isStandIn = false }) => `${preferredRid}${paused ? ' paused' : isStandIn ? ' stands in' : ''}`);
    expect(shown(narrow).sort()).toEqual(['h', 'l stands in', 'm stands in']);
    expect(shown(wide).sort()).toEqual(['h', 'l paused', 'm paused']);
    expect(narrow.map(({ layers }) => layers?.priority)).toEqual([4, 4, 4]);
  });

  it('goes down with the publisher and up again', async () => {
    const { cluster, publisher, publicationId } = await scene();
    const viewer = await cluster.join(2);
    await viewer.receive(publisher.track('camera'));
    await cluster.clock.advance(1000);

    cluster.node(1).shard.sendLayers(publicationId, ['m', 'l']);
    await cluster.clock.advance(3000);
    const lower = cluster.copies();
    cluster.node(1).shard.sendLayers(publicationId, ['h', 'm', 'l']);
    await cluster.clock.advance(3000);

    expect(lower).toEqual([`1>2 ${publicationId}@m`]);
    expect(cluster.copies()).toEqual([`1>2 ${publicationId}@h`]);
    expect(cluster.shown(2, viewer)).toEqual([`${publicationId}@h`]);
  });
});
