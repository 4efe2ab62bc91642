import { VirtualMesh } from '@causeway/testkit/mesh';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import { nodeRecord } from '../doubles/node-records.ts';
import { LinkedNode, linked } from './linked-nodes.ts';

describe('nodes that come and go', () => {
  it('are linked as soon as the directory lists them', async () => {
    const clock = new VirtualClock();
    const mesh = new VirtualMesh(clock);
    const one = new LinkedNode(mesh, clock, nodeRecord(1), []);
    const two = new LinkedNode(mesh, clock, nodeRecord(2), [nodeRecord(1)]);
    one.links.open();
    two.links.open();
    await clock.advance(5000);

    one.directory.put(nodeRecord(2));
    await clock.advance(6000);

    expect([one.told, two.told]).toEqual([['up 2'], ['up 1']]);
  });

  it('are lost at once when they have said goodbye or begun a new life', async () => {
    const { one } = await linked();

    one.directory.put(nodeRecord(2, { epoch: 2 }));
    one.directory.remove(2, 'left');

    expect(one.lost).toEqual([2, 2]);
    expect(one.shard.transports.size).toBe(0);
    expect(one.links.all).toEqual([]);
  });

  it('are kept when only their lease has ended, until the link falls silent too', async () => {
    const { clock, mesh, one } = await linked();
    one.directory.remove(2, 'lease-ended');
    await clock.advance(60_000);
    const before = [...one.lost];

    mesh.cut(1, 2);
    await clock.advance(8000);

    expect(before).toEqual([]);
    expect(one.lost).toEqual([2]);
    expect(one.links.all).toEqual([]);
  });

  it('leave nothing behind', async () => {
    const { clock, one, two } = await linked();

    one.links.close();
    two.links.close();
    await clock.advance(10_000);

    expect(clock.armedTimers).toBe(0);
    expect([one.shard.transports.size, two.shard.transports.size]).toEqual([0, 0]);
  });
});
