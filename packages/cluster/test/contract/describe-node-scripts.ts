import type { NodeScripts, RecordNews } from '../../src/nodes/node-scripts.ts';

interface NodeLife {
  readonly nodeNo: number;
  readonly epoch: number;
}

const LEASE_MS = 6_000;
const NO_NEWS: RecordNews = { text: undefined, isUrgent: false };

function news(text: string): RecordNews {
  return { text, isUrgent: false };
}

/** What the scripts of nodes do, in Redis and in its model in tests. `create` gives empty ones; `forgetAll` is `FLUSHALL`. */
export function describeNodeScripts(name: string, create: () => Promise<{ scripts: NodeScripts; forgetAll: () => Promise<void> }>): void {
  describe(name, () => {
    let scripts: NodeScripts;
    let forgetAll: () => Promise<void>;

    beforeEach(async () => {
      ({ scripts, forgetAll } = await create());
    });

    async function liveOnes(): Promise<number[]> {
      const { leases, redisNowMs } = await scripts.readTable('0');
      return leases.filter(({ endsAtMs }) => endsAtMs > redisNowMs).map(({ nodeNo }) => nodeNo);
    }

    test('every life of a node has a higher epoch than all before, those forgotten too', async () => {
      const first = await scripts.up(101);
      const second = await scripts.up(101);
      await forgetAll();
      const third = await scripts.up(101);

      expect(first.epoch).toBe(Math.floor(first.redisNowMs / 1000));
      expect(second.epoch).toBeGreaterThan(first.epoch);
      expect(third.epoch).toBeGreaterThanOrEqual(Math.floor(third.redisNowMs / 1000));
    });

    test('a lease shows in the table with the record', async () => {
      const { epoch } = await scripts.up(101);

      const reply = await scripts.renew({ nodeNo: 101, epoch }, LEASE_MS, news('record one'));

      const { leases, records, redisNowMs } = await scripts.readTable('0');
      expect(reply).toEqual({ type: 'renewed', was: 'lost', redisNowMs: expect.any(Number) });
      expect(records).toEqual([{ nodeNo: 101, text: 'record one' }]);
      expect(leases).toEqual([{ nodeNo: 101, endsAtMs: expect.any(Number) }]);
      expect((leases[0]?.endsAtMs ?? 0) - redisNowMs).toBeGreaterThan(LEASE_MS - 1_000);
      expect((leases[0]?.endsAtMs ?? 0) - redisNowMs).toBeLessThanOrEqual(LEASE_MS);
    });

    test('only records that have changed are read again', async () => {
      const lives = [101, 102].map(async (nodeNo) => ({ nodeNo, epoch: (await scripts.up(nodeNo)).epoch }));
      const [one, other] = (await Promise.all(lives)) as [{ nodeNo: number; epoch: number }, { nodeNo: number; epoch: number }];
      await scripts.renew(one, LEASE_MS, news('one'));
      await scripts.renew(other, LEASE_MS, news('other'));
      const { serial } = await scripts.readTable('0');

      await scripts.renew(one, LEASE_MS, NO_NEWS);
      await scripts.renew(other, LEASE_MS, news('other, changed'));

      const next = await scripts.readTable(serial);
      expect(next.records).toEqual([{ nodeNo: 102, text: 'other, changed' }]);
      expect(next.leases).toHaveLength(2);
      expect((await scripts.readTable(next.serial)).records).toEqual([]);
    });

    test('a renewal says whether the lease was kept, had lapsed, or was lost with or without its record', async () => {
      const life = { nodeNo: 101, epoch: (await scripts.up(101)).epoch };
      const wasAt = async (leaseMs: number, record: RecordNews): Promise<string> => {
        const reply = await scripts.renew(life, leaseMs, record);
        return reply.type === 'renewed' ? reply.was : reply.type;
      };

      const first = await wasAt(LEASE_MS, news('record'));
      const kept = await wasAt(0, NO_NEWS);
      const lapsed = await wasAt(LEASE_MS, NO_NEWS);
      await forgetAll();
      const lost = await wasAt(LEASE_MS, NO_NEWS);
      const stillWithoutRecord = await wasAt(LEASE_MS, NO_NEWS);

      expect([first, kept, lapsed, lost, stillWithoutRecord]).toEqual(['lost', 'kept', 'lapsed', 'lost', 'lost']);
    });

    test('a former life cannot renew, nor end the lease of the newer one', async () => {
      const former = { nodeNo: 101, epoch: (await scripts.up(101)).epoch };
      const newer = { nodeNo: 101, epoch: (await scripts.up(101)).epoch };
      await scripts.renew(newer, LEASE_MS, news('newer'));

      const reply = await scripts.renew(former, LEASE_MS, news('former'));
      await scripts.leave(former);

      expect(reply).toEqual({ type: 'superseded', byEpoch: newer.epoch });
      expect((await scripts.readTable('0')).records).toEqual([{ nodeNo: 101, text: 'newer' }]);
      expect(await liveOnes()).toEqual([101]);
    });

    test('a life can take back a higher epoch than its own, and raises none', async () => {
      const life = { nodeNo: 101, epoch: (await scripts.up(101)).epoch };
      await scripts.renew(life, LEASE_MS, news('record'));
      await scripts.up(101);

      const before = await scripts.renew(life, LEASE_MS, NO_NEWS);
      await scripts.reclaim(life);
      const after = await scripts.renew(life, LEASE_MS, NO_NEWS);
      await scripts.reclaim({ nodeNo: 101, epoch: life.epoch + 7 });
      const unchanged = await scripts.renew(life, LEASE_MS, NO_NEWS);

      expect([before, after, unchanged]).toMatchObject([{ type: 'superseded' }, { was: 'kept' }, { was: 'kept' }]);
    });

    test('a life that Redis has forgotten continues, and no earlier one supersedes it', async () => {
      const life = { nodeNo: 101, epoch: (await scripts.up(101)).epoch };
      await forgetAll();

      await scripts.renew(life, LEASE_MS, news('still here'));

      expect((await scripts.up(101)).epoch).toBeGreaterThan(life.epoch);
    });

    test('a node that leaves is no longer live, and its lease says that it left', async () => {
      const life = { nodeNo: 101, epoch: (await scripts.up(101)).epoch };
      await scripts.renew(life, LEASE_MS, news('record'));

      await scripts.leave(life);

      expect((await scripts.readTable('0')).leases).toEqual([{ nodeNo: 101, endsAtMs: 0 }]);
    });

    test('changes tell which leases have ended, when the next one ends, and which records are new', async () => {
      const lives = [101, 102, 103].map(async (nodeNo) => ({ nodeNo, epoch: (await scripts.up(nodeNo)).epoch }));
      const [one, left, lapsed] = (await Promise.all(lives)) as [NodeLife, NodeLife, NodeLife];
      await scripts.renew(one, LEASE_MS, news('one'));
      await scripts.renew(left, LEASE_MS, news('left'));
      const { serial } = await scripts.readTable('0');
      await scripts.leave(left);
      await scripts.renew(lapsed, 0, news('lapsed'));

      const changes = await scripts.readChanges(serial);
      const { leases } = await scripts.readTable('0');

      expect(changes).toMatchObject({ leaseCount: 3, records: [{ nodeNo: 103, text: 'lapsed' }] });
      expect(changes.ended.map(({ nodeNo }) => nodeNo)).toEqual([102, 103]);
      expect(changes.ended[0]?.endsAtMs).toBe(0);
      expect(changes.nextEndMs).toBe(leases.find(({ nodeNo }) => nodeNo === 101)?.endsAtMs);
      expect((await scripts.readChanges(changes.serial)).records).toEqual([]);
    });

    test('there are no changes where there is nothing', async () => {
      expect(await scripts.readChanges('0')).toMatchObject({ serial: '0', leaseCount: 0, ended: [], nextEndMs: undefined, records: [] });
    });
  });
}
