import { createNodeScripts } from '../../src/nodes/node-scripts.ts';
import { NODE_HINTS, NODE_KEYS } from '../../src/redis/keys.ts';
import { describeNodeScripts } from '../contract/describe-node-scripts.ts';
import { describeWithEveryRedis } from '../doubles/every-redis.ts';
import { NodeRows } from '../doubles/node-rows.ts';
import { until } from '../doubles/until.ts';

const LEASE_MS = 60_000;
const NO_NEWS = { text: undefined, isUrgent: false } as const;

describeWithEveryRedis('with $name', (lab) => {
  describeNodeScripts('the scripts of nodes', async () => {
    const forgetAll = async (): Promise<void> => void (await lab.link.send(['FLUSHALL']));
    await forgetAll();
    return { scripts: createNodeScripts(lab.link), forgetAll };
  });

  describe('a renewal', () => {
    const heard: string[] = [];

    /** What was published since the last time. */
    async function hints(): Promise<string[]> {
      await lab.link.send(['PUBLISH', NODE_HINTS, 'end']);
      await until('all is heard that was published', async () => heard.at(-1) === 'end');
      return heard.splice(0).filter((hint) => hint !== 'end');
    }

    beforeAll(async () => {
      const listener = await lab.redis.connect();
      listener.subscribe(NODE_HINTS, (hint) => heard.push(hint));
      await until('it is listened to', async () => (await lab.link.send(['PUBLISH', NODE_HINTS, 'end'])) === 1);
    });

    beforeEach(async () => {
      await lab.link.send(['FLUSHALL']);
      await hints();
    });

    test('tells the others at once only when a lease begins, has ended or was lost, or the news is urgent', async () => {
      const scripts = createNodeScripts(lab.link);
      const life = { nodeNo: 101, epoch: (await scripts.up(101)).epoch };
      await hints();

      await scripts.renew(life, LEASE_MS, { text: 'record', isUrgent: false });
      const atFirst = await hints();
      await scripts.renew(life, LEASE_MS, NO_NEWS);
      await scripts.renew(life, LEASE_MS, { text: 'other record', isUrgent: false });
      const asUsual = await hints();
      await scripts.renew(life, LEASE_MS, { text: 'urgent record', isUrgent: true });
      const urgent = await hints();
      await lab.link.send(['ZADD', NODE_KEYS.leases, Date.now() - LEASE_MS, '101']);
      await scripts.renew(life, LEASE_MS, NO_NEWS);
      const lapsed = await hints();

      expect({ atFirst, asUsual, urgent, lapsed }).toEqual({ atFirst: ['101'], asUsual: [], urgent: ['101'], lapsed: ['101'] });
    });

    test('puts a life that was lost or had ended among those that are cleaned up after once they are dead', async () => {
      const scripts = createNodeScripts(lab.link);
      const life = { nodeNo: 101, epoch: (await scripts.up(101)).epoch };
      await scripts.renew(life, LEASE_MS, { text: 'record', isUrgent: false });
      await lab.link.send(['DEL', NODE_KEYS.lives]);
      await scripts.renew(life, LEASE_MS, NO_NEWS);
      const whileKept = await lab.link.send(['SMEMBERS', NODE_KEYS.lives]);
      await lab.link.send(['ZADD', NODE_KEYS.leases, Date.now() - LEASE_MS, '101']);

      await scripts.renew(life, LEASE_MS, NO_NEWS);

      expect(whileKept).toEqual([]);
      expect(await lab.link.send(['SMEMBERS', NODE_KEYS.lives])).toEqual([`101:${life.epoch}`]);
    });
  });

  test('an epoch that is not a number stops no node from starting or renewing its lease', async () => {
    const scripts = createNodeScripts(lab.link);
    const spoil = () => lab.link.send(['HSET', NODE_KEYS.epochs, '101', 'no number']);
    await spoil();
    const life = { nodeNo: 101, epoch: (await scripts.up(101)).epoch };
    await spoil();
    await scripts.reclaim(life);

    const reply = await scripts.renew(life, 5_500, { text: 'its record', isUrgent: false });

    expect(reply.type).toBe('renewed');
    expect(await lab.link.send(['HGET', NODE_KEYS.epochs, '101'])).toBe(String(life.epoch));
  });
});

describeNodeScripts('the model of the scripts of nodes', async () => {
  const rows = new NodeRows(() => Date.UTC(2026, 10, 24));
  return { scripts: rows, forgetAll: async () => rows.forgetAll() };
});
