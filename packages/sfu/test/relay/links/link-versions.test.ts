import { VirtualMesh } from '@causeway/testkit/mesh';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import { nodeRecord } from '../doubles/node-records.ts';
import { LinkedNode, twoNodes } from './linked-nodes.ts';

describe('versions of a link', () => {
  it('settles for the highest that both speak', async () => {
    const { clock, one, two } = twoNodes({ one: { linkVersions: { min: 1, max: 5 } }, two: { linkVersions: { min: 2, max: 3 } } });
    one.links.open();
    two.links.open();

    await clock.advance(1000);

    expect([one.state(2), two.state(1)]).toEqual([expect.objectContaining({ version: 3 }), expect.objectContaining({ version: 3 })]);
  });

  it('refuses, with a reason and without a transport, a node whose record already tells that there is none in common', () => {
    const { one } = twoNodes({ two: { linkVersions: { min: 7, max: 9 } } });

    one.links.open();

    expect(one.state(2)).toEqual({ type: 'refused', reason: 'no common link version: this node supports 1 to 4, the other 7 to 9' });
    expect(one.shard.transports.size).toBe(0);
  });

  it('refuses at both ends when it turns out with the greeting, and does not try again', async () => {
    const clock = new VirtualClock();
    const mesh = new VirtualMesh(clock);
    const one = new LinkedNode(mesh, clock, nodeRecord(1), [nodeRecord(2)]);
    const two = new LinkedNode(mesh, clock, nodeRecord(2, { linkVersions: { min: 6, max: 6 } }), [
      nodeRecord(1, { linkVersions: { min: 1, max: 6 } }),
    ]);
    one.links.open();
    two.links.open();

    await clock.advance(60_000);

    expect([one.state(2)?.type, two.state(1)?.type]).toEqual(['refused', 'refused']);
    expect([one.told, two.told]).toEqual([[], []]);
    expect([one.shard.transports.size, two.shard.transports.size]).toEqual([0, 0]);
  });

  it('tries again when the other node comes back with other versions', async () => {
    const { clock, one, two } = twoNodes({ two: { linkVersions: { min: 7, max: 9 } } });
    one.links.open();
    two.links.open();
    await clock.advance(1000);

    one.directory.put(nodeRecord(2, { linkVersions: { min: 1, max: 9 } }));
    await clock.advance(100);

    expect(one.state(2)?.type).toBe('connecting');
  });
});
