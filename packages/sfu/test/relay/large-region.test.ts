/** A region with many more nodes than its owner and roots feed. */
import { ClusterUnderTest } from './doubles/cluster-under-test.ts';

// The slots of nodes that have the track go to the first that ask, not to those that belong there. The others have to find a way behind them.
test.each(Array.from({ length: 8 }, (_, index) => index))(
  'all nodes of a large region have the track again three seconds after one of its roots has died, %i',
  async (camera) => {
    const nodeNos = Array.from({ length: 22 }, (_, index) => index + 1);
    const cluster = await ClusterUnderTest.linked(nodeNos, {
      oneWayMs: () => 2,
      records: Object.fromEntries(nodeNos.map((nodeNo) => [nodeNo, { region: 'region' }])),
      cluster: { maxFanOut: 3 },
      silenceMs: (nodeNo) => 2000 + ((nodeNo * 31 + camera) % 7) * 5,
    });
    for (let others = 0; others < camera; others++) await cluster.publish(1);
    const { publisher, publicationId } = await cluster.publish(1);
    const viewers: (readonly [number, Awaited<ReturnType<ClusterUnderTest['join']>>])[] = [];
    for (const nodeNo of nodeNos.slice(1)) {
      const viewer = await cluster.join(nodeNo);
      await viewer.receive(publisher.track('camera'));
      viewers.push([nodeNo, viewer]);
    }
    await cluster.clock.advance(5000);
    const [first = ''] = cluster.copies().filter((copy) => copy.startsWith('1>'));
    const root = Number(first.split(' ')[0]?.split('>')[1]);

    await cluster.kill(root);
    await cluster.clock.advance(3000);

    const shown = viewers.filter(([nodeNo]) => nodeNo !== root).map(([nodeNo, viewer]) => cluster.shown(nodeNo, viewer)[0]);
    expect(new Set(shown)).toEqual(new Set([`${publicationId}@`]));
  },
);
