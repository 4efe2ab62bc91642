/** A node of the cluster that says untrue things about the links of others must not take their media from anyone. */
import type { LinkStateMessage } from '../../src/relay/links/control-messages.ts';
import { EngineCluster } from './doubles/engine-cluster.ts';

let cluster: EngineCluster;
afterEach(() => cluster.close());

/** A report of a later life, by which a node has no links. */
function withoutLinks(origin: number, revision: number): LinkStateMessage {
  return { type: 'link-state', origin, epoch: 1000, revision, isDraining: false, links: [] };
}

test('a subscription between two nodes goes on while a third keeps saying that both have lost all links', async () => {
  cluster = await EngineCluster.linked([1, 2, 3]);
  const [alice, bob] = await Promise.all([cluster.join(1), cluster.join(2)]);
  const published = alice.publish('news');
  await bob.subscribe(alice, 'news');
  await cluster.run(300);

  for (let revision = 1; revision <= 20; revision++) {
    // The first of two pulses goes to node 1.
    cluster.node(3).lies.push(withoutLinks(2, revision), withoutLinks(1, revision));
    published.send(`news ${revision}`);
    await cluster.run(1000);
  }

  expect(cluster.node(3).lies).toEqual([]);
  expect(bob.heard).toEqual(Array.from({ length: 20 }, (_, place) => `news ${place + 1}`));
  expect(bob.ends).toEqual([]);
  expect(cluster.legsOf(2)).toEqual(['1>2']);
});
