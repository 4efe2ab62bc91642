import type { NodeRecord } from '@causeway/sfu';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import { writeNodeRecord } from '../../src/nodes/node-record-text.ts';
import { RedisNodeDirectory } from '../../src/nodes/redis-node-directory.ts';
import { ClusterClock } from '../../src/time/cluster-clock.ts';
import { deriveClusterKeys } from '../../src/trust/cluster-keys.ts';
import { nodeRecord } from '../doubles/node-records.ts';
import { NodeRows } from '../doubles/node-rows.ts';

const KEY = deriveClusterKeys('a key that the whole cluster knows').nodeRecords;
const STRANGERS_KEY = deriveClusterKeys('a key that only somebody else knows').nodeRecords;

interface Node {
  readonly directory: RedisNodeDirectory;
  /** What it was told and told others, with the second. */
  readonly told: string[];
  readonly media: { isAlive: boolean };
}

describe('the directory of nodes', () => {
  let clock: VirtualClock;
  let rows: NodeRows;
  /** How far Redis's clock was set forward. */
  let leapMs: number;

  beforeEach(() => {
    clock = new VirtualClock();
    leapMs = 0;
    rows = new NodeRows(() => clock.wallClockMs() + leapMs);
  });

  async function startNode(nodeNo: number, changes: Partial<NodeRecord> = {}): Promise<Node> {
    const clusterClock = new ClusterClock(() => clock.nowMs());
    const { epoch, redisNowMs } = await rows.up(nodeNo);
    clusterClock.set(redisNowMs);
    const told: string[] = [];
    const media = { isAlive: true };
    const note = (news: string): void => void told.push(`${clock.nowMs() / 1000} s: ${news}`);
    const directory = new RedisNodeDirectory({
      self: nodeRecord(nodeNo, { epoch, ...changes }),
      link: { subscribe: (_, onHint) => rows.onHint.add(() => onHint('')) },
      scripts: rows,
      timers: clock,
      clusterClock,
      key: KEY,
      isMediaAlive: () => media.isAlive,
      onSuperseded: () => note('superseded'),
      onRevived: (cause) => note(`revived after its lease was ${cause}`),
      onStalled: () => note('stalled'),
      onNotRenewed: () => note('not renewed'),
    });
    directory.watch({
      onNodePut: (record) => note(`put ${record.nodeNo} ${record.state} ${record.load}`),
      onNodeGone: (record, why) => note(`gone ${record.nodeNo} ${why}`),
    });
    await directory.start();
    return { directory, told, media };
  }

  test('nodes find each other, whichever came first', async () => {
    const one = await startNode(101);
    const other = await startNode(102);

    await clock.advance(100);

    expect(one.told).toEqual(['0.1 s: put 102 serving 0']);
    expect(one.directory.find(102)).toEqual(other.directory.self);
    expect(other.directory.others).toEqual([one.directory.self]);
    expect(other.directory.find(102)).toEqual(other.directory.self);
    expect(other.directory.find(103)).toBeUndefined();
  });

  test('a node that begins in a Redis that counts its changes from further back is found within seconds', async () => {
    const one = await startNode(101);
    const other = await startNode(102);
    for (let load = 0; load < 10; load++) {
      other.directory.announce({ load: load / 10 });
      await clock.advance(2_500);
    }

    rows.forgetAll();
    await startNode(103);
    await clock.advance(3_000);

    expect(one.directory.find(103)).toBeDefined();
    expect(one.directory.find(102)).toBeDefined();
  });

  test('nodes that live on are told of once', async () => {
    const one = await startNode(101);
    await startNode(102);

    await clock.advance(120_000);

    // Its record is dated again every 30 s, which is put again.
    expect(new Set(one.told.map((news) => news.replace(/^.* s: /, '')))).toEqual(new Set(['put 102 serving 0']));
    expect(one.told.length).toBeLessThan(8);
  });

  test('others hear of a state within a tenth of a second, and of a notable load within seconds', async () => {
    const one = await startNode(101);
    const other = await startNode(102);
    await clock.advance(500);
    one.told.length = 0;

    other.directory.announce({ state: 'draining' });
    await clock.advance(100);
    other.directory.announce({ load: 0.04 });
    await clock.advance(10_000);
    other.directory.announce({ load: 0.5 });
    await clock.advance(2_000);

    expect(one.told).toEqual(['0.5 s: put 102 draining 0', expect.stringMatching(/^1[01](\.\d+)? s: put 102 draining 0.5$/)]);
  });

  test('others hear within a tenth of a second that a node has lost its ends of links', async () => {
    const one = await startNode(101);
    const other = await startNode(102);
    await clock.advance(500);

    other.directory.announce({ linkLosses: 1 });
    await clock.advance(100);

    expect(one.directory.find(102)?.linkLosses).toBe(1);
  });

  test('a node whose media loop hangs is gone when its lease ends, five and a half seconds after its last renewal', async () => {
    const one = await startNode(101);
    const other = await startNode(102);
    await clock.advance(1_000);
    other.media.isAlive = false;

    await clock.advance(20_000);

    expect(one.told).toEqual(['0.1 s: put 102 serving 0', '5.505 s: gone 102 lease-ended']);
    expect(other.told).toContain('2 s: stalled');
    expect(one.directory.find(102)).toBeUndefined();
  });

  test('a node that comes back after its lease has ended is told so, and is visible to the others again', async () => {
    const one = await startNode(101);
    const other = await startNode(102);
    other.media.isAlive = false;
    await clock.advance(10_000);

    other.media.isAlive = true;
    await clock.advance(1_000);

    expect(other.told.at(-1)).toMatch(/revived after its lease was lapsed$/);
    expect(one.told.at(-1)).toMatch(/put 102 serving 0$/);
  });

  test('a node that says goodbye is gone at once', async () => {
    const one = await startNode(101);
    const other = await startNode(102);
    await clock.advance(1_000);

    await other.directory.close();
    await clock.advance(100);

    expect(one.told.at(-1)).toBe('1 s: gone 102 left');
  });

  test('a newer life supersedes the older one, which is told so and stops', async () => {
    const one = await startNode(101);
    const former = await startNode(102);
    await clock.advance(500);
    const newer = await startNode(102);

    await clock.advance(10_000);

    expect(former.told).toContain('2 s: superseded');
    expect(one.told.slice(1, 3)).toEqual(['0.5 s: gone 102 superseded', '0.5 s: put 102 serving 0']);
    expect(one.directory.find(102)?.epoch).toBe(newer.directory.self.epoch);
    await former.directory.close();
    await clock.advance(1_000);
    expect(one.directory.find(102)).toBeDefined();
  });

  describe('with an attacker who writes a higher epoch of a node and cannot sign', () => {
    test.each([0, 500, 1_900])('the node goes on and keeps its lease, whenever it is written (%i ms after a renewal)', async (afterMs) => {
      const one = await startNode(101);
      const victim = await startNode(102);
      await clock.advance(2_000 + afterMs);

      victim.directory.announce({ load: 0.5 });
      rows.overwriteEpoch(102, 2 ** 40);
      await clock.advance(60_000);

      expect(one.directory.find(102)?.load).toBe(0.5);
      expect(victim.told.filter((news) => news.includes('superseded'))).toEqual([]);
      expect(victim.told.filter((news) => news.includes('not renewed'))).toHaveLength(1);
      expect(one.told.filter((news) => news.includes('gone'))).toEqual([]);
      expect(rows.epochOf(102)).toBe(victim.directory.self.epoch);
    });

    test.each([
      ['signed with another key', (record: NodeRecord, nowMs: number) => writeNodeRecord(record, nowMs, STRANGERS_KEY)],
      ['of another node', (record: NodeRecord, nowMs: number) => writeNodeRecord({ ...record, nodeNo: 103 }, nowMs, KEY)],
      ['of an earlier life', (record: NodeRecord, nowMs: number) => writeNodeRecord({ ...record, epoch: 1 }, nowMs, KEY)],
    ])('an additional record %s does not help', async (_name, write) => {
      const victim = await startNode(102);
      rows.overwriteEpoch(102, 2 ** 40);
      rows.overwriteRecord(102, write({ ...victim.directory.self, epoch: 2 ** 40 }, clock.wallClockMs()));

      await clock.advance(60_000);

      expect(victim.told.filter((news) => news.includes('superseded'))).toEqual([]);
      expect(rows.epochOf(102)).toBe(victim.directory.self.epoch);
    });

    test('written again and again, it does not end the node, while a newer life still does', async () => {
      const victim = await startNode(102);
      for (let count = 0; count < 600; count++) {
        rows.overwriteEpoch(102, 2 ** 40 + count);
        await clock.advance(100);
      }
      expect(victim.told.filter((news) => news.includes('superseded'))).toEqual([]);

      await clock.advance(10_000);
      const newer = await startNode(102);
      await clock.advance(2_000);

      expect(newer.directory.self.epoch).toBeGreaterThan(victim.directory.self.epoch);
      expect(victim.told.filter((news) => news.includes('superseded'))).toHaveLength(1);
    });
  });

  test('a node that was frozen while a newer life of it came and went reclaims nothing', async () => {
    const former = await startNode(102);
    former.media.isAlive = false;
    await clock.advance(10_000);
    const { epoch } = await rows.up(102);

    former.media.isAlive = true;
    await clock.advance(60_000);

    expect(rows.epochOf(102)).toBe(epoch);
    expect(former.told.filter((news) => news.includes('superseded') || news.includes('revived'))).toEqual([]);
  });

  test('while Redis is unavailable all nodes stay, and for ten seconds after that only dead ones are dropped', async () => {
    const one = await startNode(101);
    await startNode(102);
    const dead = await startNode(103);
    await clock.advance(1_500);
    rows.isAway = true;
    dead.media.isAlive = false;

    await clock.advance(60_000);
    expect(one.directory.others.map(({ nodeNo }) => nodeNo)).toEqual([102, 103]);
    rows.isAway = false;
    await clock.advance(9_000);
    expect(one.directory.others.map(({ nodeNo }) => nodeNo)).toEqual([102, 103]);
    await clock.advance(4_000);

    expect(one.directory.others.map(({ nodeNo }) => nodeNo)).toEqual([102]);
    expect(one.told).not.toContainEqual(expect.stringContaining('gone 102'));
  });

  test('a Redis that has forgotten everything drops no live node', async () => {
    const one = await startNode(101);
    const other = await startNode(102);
    const dead = await startNode(103);
    await clock.advance(1_500);
    rows.forgetAll();
    dead.media.isAlive = false;

    await clock.advance(9_000);
    expect(one.directory.others.map(({ nodeNo }) => nodeNo)).toEqual([102, 103]);
    await clock.advance(4_000);

    expect(one.directory.others).toEqual([other.directory.self]);
    expect(one.told).not.toContainEqual(expect.stringContaining('gone 102'));
    expect(other.told).toContainEqual(expect.stringMatching(/revived after its lease was lost$/));
  });

  test('records that were not signed with the cluster key change nothing and are counted', async () => {
    const one = await startNode(101);
    const other = await startNode(102);
    const former = rows.recordOf(102);
    await clock.advance(500);
    const forged = nodeRecord(102, { epoch: 2 ** 31, apiUrl: 'http://203.0.113.66/' });

    rows.overwriteRecord(102, writeNodeRecord(forged, clock.wallClockMs(), STRANGERS_KEY));
    await clock.advance(1_100);
    rows.overwriteRecord(103, former);
    await rows.renew({ nodeNo: 103, epoch: 1 }, 6_000, { text: undefined, isUrgent: false });
    await clock.advance(1_100);

    expect(one.directory.find(102)).toEqual(other.directory.self);
    expect(one.directory.find(103)).toBeUndefined();
    expect(one.directory.recordsRefused).toBe(2);
  });

  test('the record of a former life does not come back', async () => {
    const one = await startNode(101);
    await startNode(102);
    const former = rows.recordOf(102);
    const newer = await startNode(102);
    await clock.advance(500);

    rows.overwriteRecord(102, former);
    await clock.advance(1_100);

    expect(one.directory.find(102)).toEqual(newer.directory.self);
  });

  test('a reader that was frozen does not consider others dead because of its first reading', async () => {
    const one = await startNode(101);
    await startNode(102);
    await clock.advance(500);
    // Everything stands still, as in a virtual machine that is moved, and the reader wakes first.
    const [renew, readTable, readChanges] = [rows.renew.bind(rows), rows.readTable.bind(rows), rows.readChanges.bind(rows)];
    let wakeReader = (): void => {};
    const standstill = new Promise<void>((resolve) => {
      wakeReader = resolve;
    });
    rows.renew = () => Promise.reject(new Error('not awake yet'));
    rows.readTable = (serial) => standstill.then(() => readTable(serial));
    rows.readChanges = (serial) => standstill.then(() => readChanges(serial));
    await clock.advance(8_000);
    wakeReader();
    await clock.advance(100);
    rows.renew = renew;
    await clock.advance(2_000);

    expect(one.told).not.toContainEqual(expect.stringContaining('gone'));
    expect(one.directory.find(102)).toBeDefined();
  });

  test("no node counts as dead because Redis's clock was set forward, but a dead one is gone ten seconds later", async () => {
    const one = await startNode(101);
    await startNode(102);
    const dead = await startNode(103);
    await clock.advance(2_500);
    dead.media.isAlive = false;

    leapMs = 60_000;
    await clock.advance(9_500);
    const afterTheLeap = one.directory.others.map(({ nodeNo }) => nodeNo);
    await clock.advance(2_500);

    expect(afterTheLeap).toEqual([102, 103]);
    expect(one.directory.others.map(({ nodeNo }) => nodeNo)).toEqual([102]);
    expect(one.told).not.toContainEqual(expect.stringContaining('gone 102'));
  });

  test('while Redis answers but accepts no writes, no node is gone, and each node reports it once', async () => {
    const one = await startNode(101);
    await startNode(102);
    await clock.advance(500);
    const renew = rows.renew.bind(rows);
    rows.renew = () => Promise.reject(new Error('NOREPLICAS Not enough good replicas to write.'));

    await clock.advance(60_000);
    const meanwhile = one.directory.others.map(({ nodeNo }) => nodeNo);
    rows.renew = renew;
    await clock.advance(20_000);

    expect(meanwhile).toEqual([102]);
    expect(one.told.filter((news) => news.includes('not renewed'))).toEqual(['2 s: not renewed']);
    expect(one.told).not.toContainEqual(expect.stringContaining('gone'));
    expect(one.directory.find(102)).toBeDefined();
  });

  test('the regions of nodes that are gone stay known', async () => {
    const one = await startNode(101, { region: 'eu' });
    const other = await startNode(102, { region: 'us' });
    await clock.advance(500);

    await other.directory.close();
    await clock.advance(1_000);

    expect(one.directory.find(102)).toBeUndefined();
    expect(one.directory.knownRegions).toEqual(new Set(['eu', 'us']));
  });

  test('a caller can refresh the table without waiting for the next reading', async () => {
    const one = await startNode(101);
    rows.onHint.clear();
    await startNode(102);

    await Promise.all([one.directory.refresh(), one.directory.refresh()]);

    expect(one.directory.find(102)).toBeDefined();
  });

  test('nothing is left when it has closed', async () => {
    const one = await startNode(101);
    await clock.advance(500);

    await one.directory.close();

    expect(clock.armedTimers).toBe(0);
  });
});
