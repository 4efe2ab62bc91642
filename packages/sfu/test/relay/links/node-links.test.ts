import { seededRandom } from '@causeway/testkit/seeded-random';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import type { Clock } from '../../../src/clock.ts';
import { type NodeRecord, StaticNodeDirectory } from '../../../src/nodes/index.ts';
import type { ControlMessage } from '../../../src/relay/links/control-messages.ts';
import { NodeLinks } from '../../../src/relay/links/node-links.ts';
import { nodeRecord, openTrust } from '../doubles/node-records.ts';
import { VirtualMesh } from '../doubles/virtual-mesh.ts';

const QUESTION: ControlMessage = { type: 'unsubscribe', wantId: 7 };

/** One node that has links and nothing else. */
class LinkedNode {
  readonly told: string[] = [];
  readonly lost: number[] = [];
  readonly directory: StaticNodeDirectory;
  readonly links: NodeLinks;
  readonly shard;

  constructor(mesh: VirtualMesh, clock: Clock, self: NodeRecord, others: readonly NodeRecord[]) {
    this.shard = mesh.addShard(self.nodeNo);
    this.directory = new StaticNodeDirectory(self, others);
    this.links = new NodeLinks({
      shard: this.shard,
      nodes: this.directory,
      trust: openTrust,
      clock,
      random: seededRandom(self.nodeNo),
      listener: {
        onLinkUp: ({ peer }) => this.told.push(`up ${peer.nodeNo}`),
        onLinkSilent: ({ peer }) => this.told.push(`silent ${peer.nodeNo}`),
        onLinkHeard: ({ peer }) => this.told.push(`heard ${peer.nodeNo}`),
        onLinkDown: ({ peer }, _transportId, reason) => {
          this.told.push(`down ${peer.nodeNo} ${reason}`);
          this.links.settleDoubts(peer.nodeNo);
        },
        onLinkMessage: ({ peer }, message) => this.told.push(`${message.type} from ${peer.nodeNo}`),
        onLinkState: () => undefined,
      },
      onNodeLost: ({ nodeNo }) => this.lost.push(nodeNo),
      onPulse: () => undefined,
    });
    const { news } = this.links;
    this.shard.setListener({
      ...news,
      onTrackActivity: () => undefined,
      onLayersChanged: () => undefined,
      onOutputReady: () => undefined,
    });
  }

  state(nodeNo: number) {
    return this.links.find(nodeNo)?.state;
  }
}

interface World {
  readonly clock: VirtualClock;
  readonly mesh: VirtualMesh;
  readonly one: LinkedNode;
  readonly two: LinkedNode;
}

function twoNodes(changes: { readonly one?: Partial<NodeRecord>; readonly two?: Partial<NodeRecord> } = {}): World {
  const clock = new VirtualClock();
  const mesh = new VirtualMesh(clock);
  const first = nodeRecord(1, changes.one);
  const second = nodeRecord(2, changes.two);
  const one = new LinkedNode(mesh, clock, first, [second]);
  const two = new LinkedNode(mesh, clock, second, [first]);
  return { clock, mesh, one, two };
}

async function linked(): Promise<World> {
  const world = twoNodes();
  world.one.links.open();
  world.two.links.open();
  await world.clock.advance(1000);
  return world;
}

describe('a link between two nodes', () => {
  it('is opened by the lower number towards the addresses of the other, which waits', async () => {
    const { one, two } = await linked();

    const [out] = [...one.shard.transports.values()];
    const [waiting] = [...two.shard.transports.values()];
    expect(out).toMatchObject({ dtlsRole: 'client', isLink: true, reach: [{ address: '127.0.0.1', port: 9002 }] });
    expect(waiting).toMatchObject({ dtlsRole: 'server', isLink: true, local: out?.remote, remote: out?.local });
    expect(waiting).not.toHaveProperty('reach');
    expect([out?.remoteFingerprints, waiting?.remoteFingerprints]).toEqual([[nodeRecord(2).fingerprint], [nodeRecord(1).fingerprint]]);
  });

  it('is up at both ends once both have greeted, within four round trips and a half', async () => {
    const { one, two } = await linked();

    expect([one.told, two.told]).toEqual([['up 2'], ['up 1']]);
    expect(one.state(2)).toMatchObject({ type: 'up', version: 1, sinceMs: expect.any(Number) });
    const { sinceMs } = one.state(2) as { readonly sinceMs: number };
    expect(sinceMs).toBeLessThanOrEqual(4.5 * 40);
  });

  it('carries messages both ways, and tells when it cannot', async () => {
    const { clock, one, two } = await linked();

    const sent = [one.links.find(2)?.send(QUESTION), two.links.find(1)?.send(QUESTION)];
    await clock.advance(100);

    expect(sent).toEqual([true, true]);
    expect([one.told.at(-1), two.told.at(-1)]).toEqual(['unsubscribe from 2', 'unsubscribe from 1']);
    one.links.close();
    expect(one.links.find(2)).toBeUndefined();
  });

  it('stays up for as long as pulses come', async () => {
    const { clock, one, two } = await linked();

    await clock.advance(120_000);

    expect([one.told, two.told]).toEqual([['up 2'], ['up 1']]);
  });

  it('survives a short silence as it was, with what was said meanwhile', async () => {
    const { clock, mesh, one, two } = await linked();
    mesh.cut(1, 2);
    await clock.advance(1500);
    one.links.find(2)?.send(QUESTION);

    await clock.advance(2500);
    mesh.heal(1, 2);
    await clock.advance(1000);

    expect(one.told).toEqual(['up 2', 'silent 2', 'heard 2']);
    expect(two.told).toEqual(['up 1', 'silent 1', 'heard 1', 'unsubscribe from 1']);
  });

  it('is given up after a long silence, and comes back as a new one', async () => {
    const { clock, mesh, one, two } = await linked();

    mesh.cut(1, 2);
    await clock.advance(60_000);
    const during = [...one.told];
    mesh.heal(1, 2);
    await clock.advance(6000);

    expect(during).toEqual(['up 2', 'silent 2', 'down 2 silent']);
    expect(one.told).toEqual([...during, 'up 2']);
    expect(two.told).toEqual(['up 1', 'silent 1', 'down 1 silent', 'up 1']);
    expect([one.shard.transports.size, two.shard.transports.size]).toEqual([1, 1]);
  });

  it('is opened anew, by both, when one end has closed its transport', async () => {
    const { clock, one, two } = await linked();
    const [transportId = ''] = two.shard.transports.keys();

    two.shard.closeTransport(transportId);
    two.shard.listener.onTransportClosed(transportId, 'connection_lost');
    await clock.advance(5000);

    expect(one.told).toEqual(['up 2', 'down 2 transport-closed', 'up 2']);
    expect(two.told).toEqual(['up 1', 'down 1 transport-closed', 'up 1']);
  });

  it('is not taken for silent by a process that stood still itself', async () => {
    const clock = new VirtualClock();
    const mesh = new VirtualMesh(clock);
    let stoodStillMs = 0;
    const late: Clock = {
      nowMs: () => clock.nowMs() + stoodStillMs,
      wallClockMs: () => clock.wallClockMs(),
      schedule: (delayMs, callback) => clock.schedule(delayMs, callback),
      armedTimers: 0,
    };
    const one = new LinkedNode(mesh, late, nodeRecord(1), [nodeRecord(2)]);
    const two = new LinkedNode(mesh, clock, nodeRecord(2), [nodeRecord(1)]);
    one.links.open();
    two.links.open();
    await clock.advance(1500);

    stoodStillMs = 20_000;
    await clock.advance(10_000);

    expect([one.told, two.told]).toEqual([['up 2'], ['up 1']]);
  });

  it('is given up if the other end says nothing, though it answers checks', async () => {
    const { clock, one, two } = await linked();

    // As after a goodbye that was lost: the other end has begun anew and knows nothing of this link.
    two.shard.sendData = () => undefined;
    await clock.advance(8000);

    expect(one.told.slice(0, 2)).toEqual(['up 2', 'down 2 silent']);
  });

  it('never uses an SSRC or a mid twice on one transport, nor the same SSRC in both directions', async () => {
    const { one, two } = await linked();
    const [there, back] = [one.links.find(2), two.links.find(1)];

    const ssrcs = Array.from({ length: 50 }, () => [there?.nextSsrc(), back?.nextSsrc()]).flat();
    const mids = Array.from({ length: 50 }, () => there?.nextMid());

    expect(new Set(ssrcs).size).toBe(100);
    expect(new Set(mids).size).toBe(50);
    expect(ssrcs.every((ssrc) => ssrc !== undefined && ssrc > 0)).toBe(true);
  });

  it('tries less and less often while the other node does not answer, without end', async () => {
    const { clock, one } = twoNodes();
    one.links.open();

    await clock.advance(300_000);

    const attempts = one.shard.log.filter((line) => line.startsWith('openTransport')).length;
    expect(attempts).toBeGreaterThan(15);
    expect(attempts).toBeLessThan(30);
    expect(one.told).toEqual([]);
    expect(one.shard.transports.size).toBeLessThanOrEqual(1);
  });
});

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

    expect(one.state(2)).toEqual({ type: 'refused', reason: 'link versions 1 to 1 here, 7 to 9 there: none in common' });
    expect(one.shard.transports.size).toBe(0);
  });

  it('refuses at both ends when it turns out with the greeting, and does not try again', async () => {
    const clock = new VirtualClock();
    const mesh = new VirtualMesh(clock);
    const one = new LinkedNode(mesh, clock, nodeRecord(1), [nodeRecord(2)]);
    const two = new LinkedNode(mesh, clock, nodeRecord(2, { linkVersions: { min: 2, max: 2 } }), [
      nodeRecord(1, { linkVersions: { min: 1, max: 2 } }),
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

describe('nodes that come and go', () => {
  it('are linked as soon as the directory tells of them', async () => {
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

describe('what comes over a link', () => {
  async function receiving(data: Uint8Array | string): Promise<World> {
    const world = await linked();
    const [transportId = ''] = world.two.shard.transports.keys();
    world.two.shard.sendData(transportId, 1, data);
    await world.clock.advance(100);
    return world;
  }

  it.each([
    ['no JSON', 'hello'],
    ['another shape', '[]'],
    ['bytes', Uint8Array.of(1, 2, 3)],
    ['a message of the wrong form', JSON.stringify({ n: 2, m: { type: 'unsubscribe', wantId: 'seven' } })],
    ['more than a message may have', `"${'x'.repeat(20_000)}"`],
  ])('ends the link if it is %s', async (_name, data) => {
    const { one } = await receiving(data);

    expect(one.told).toEqual(['up 2', 'down 2 malformed']);
  });

  it('ends the link if a message was lost on the way', async () => {
    const { one } = await receiving(JSON.stringify({ n: 9, m: { type: 'pulse' } }));

    expect(one.told).toEqual(['up 2', 'down 2 message-lost']);
  });

  it('is skipped if only a later version knows it', async () => {
    const { two, one } = await receiving('{"n":3,"m":{"type":"of-tomorrow","colour":"green"}}');

    expect(one.told).toEqual(['up 2']);
    expect(two.told).toEqual(['up 1']);
  });

  it('ends the link if the other node is not the one it should be', async () => {
    const { clock, one, two } = twoNodes();
    const stranger = { n: 1, m: { type: 'hello', versions: { min: 1, max: 1 }, nodeNo: 3, epoch: 1, softwareVersion: '0.1.0' } };
    one.links.open();
    two.links.open();
    await clock.advance(130);
    const [transportId = ''] = one.shard.transports.keys();

    one.shard.listener.onDataChannelOpened(transportId, 9, 'causeway-control');
    one.shard.listener.onDataChannelMessage(transportId, 9, JSON.stringify(stranger));

    expect(one.state(2)).toEqual({ type: 'waiting', why: 'wrong-identity' });
  });
});
