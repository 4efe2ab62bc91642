import { AppId } from '@causeway/protocol';
import type { EventBatch, LogReading } from '../../src/events/app-event-log.ts';
import { MemoryEventLog } from '../../src/events/memory-event-log.ts';
import { RedisEventLog } from '../../src/events/redis-event-log.ts';
import { appKeys } from '../../src/redis/keys.ts';
import { describeWithEveryRedis } from '../doubles/every-redis.ts';

const APP = AppId.parse('demo');
const LIFE = { appId: APP, nodeNo: 101, epoch: 7 };
const KEYS = appKeys('demo');

describeWithEveryRedis('the log of events in $name', (lab) => {
  let log: RedisEventLog;
  beforeEach(async () => {
    await lab.redis.command('FLUSHALL');
    log = new RedisEventLog(lab.link, Date.now);
  });
  function batch(follows: number, serials: readonly number[], changes: Partial<EventBatch> = {}): EventBatch {
    return { ...LIFE, follows, events: serials.map((serial) => ({ serial, json: `{"no":${serial}}`, formerId: undefined })), ...changes };
  }

  /** The events of a batch as they come again, with the ids that they had. */
  function again(sent: EventBatch, ids: readonly string[], changes: Partial<EventBatch> = {}): EventBatch {
    return { ...sent, follows: 0, events: sent.events.map((event, index) => ({ ...event, formerId: ids[index] })), ...changes };
  }

  async function appended(sent: EventBatch): Promise<readonly string[]> {
    const receipt = await log.append(sent);
    if (receipt.type !== 'appended') throw new Error(`a gap after ${receipt.lastSerial}`);
    return receipt.ids;
  }

  const read = (afterId = '0-0', maxEntries = 1_000): Promise<LogReading> => log.read(APP, afterId, maxEntries);
  const numbersIn = ({ entries }: LogReading) => entries.map((entry) => (entry.type === 'loss' ? 'loss' : JSON.parse(entry.json).no));

  test('keeps the order in which events come, under ids that grow, from all nodes', async () => {
    const ids = await appended(batch(0, [5, 6]));
    ids.concat(await appended(batch(0, [1], { nodeNo: 102 })));
    await appended(batch(6, [9]));

    const { entries, lastId, cutId, lossId } = await read();
    expect(numbersIn(await read())).toEqual(['loss', 5, 6, 1, 9]);
    expect(entries.slice(1, 3).map(({ id }) => id)).toEqual(ids);
    expect(entries.map(({ id }) => id).toSorted(byId)).toEqual(entries.map(({ id }) => id));
    expect({ lastId, cutId, lossId }).toEqual({ lastId: entries.at(-1)?.id, cutId: undefined, lossId: undefined });
    expect(numbersIn(await read(ids[1]))).toEqual([1, 9]);
    expect(numbersIn(await read('0-0', 2))).toEqual(['loss', 5]);
    expect(numbersIn(await read(lastId))).toEqual([]);
  });

  test('knows nothing of an app that has no events', async () => {
    expect(await read()).toEqual({ lastId: undefined, cutId: undefined, lossId: undefined, entries: [] });
  });

  test('takes a batch once, and answers as at first when it comes again', async () => {
    const first = await appended(batch(0, [1, 2]));

    expect(await appended(batch(0, [1, 2]))).toEqual(first);
    expect(await appended(batch(0, [1]))).toEqual([]);
    expect(numbersIn(await read())).toEqual(['loss', 1, 2]);
  });

  test('takes of a batch what it has not, and says the ids of all, also when the batch comes again', async () => {
    await appended(batch(0, [1, 2]));

    const ids = await appended(batch(0, [1, 2, 3, 4]));
    const idsAgain = await appended(batch(0, [1, 2, 3, 4]));

    expect(numbersIn(await read())).toEqual(['loss', 1, 2, 3, 4]);
    expect([ids, idsAgain]).toEqual(Array(2).fill((await read()).entries.slice(1).map(({ id }) => id)));
  });

  test('takes nothing after a gap, and says where it is', async () => {
    await appended(batch(0, [1]));

    expect(await log.append(batch(3, [4]))).toEqual({ type: 'gap', lastSerial: 1 });
    expect(await log.append(batch(3, []))).toEqual({ type: 'gap', lastSerial: 1 });
    expect(await log.append(batch(1, []))).toMatchObject({ type: 'appended' });
    expect(await log.append(batch(1, [2], { epoch: 8 }))).toEqual({ type: 'gap', lastSerial: 0 });
    expect(numbersIn(await read())).toEqual(['loss', 1]);
  });

  test('marks where something was lost, once, and says what comes again under which id it was known', async () => {
    const one = batch(0, [1, 2]);
    const ids = await appended(one);
    const other = batch(0, [1], { nodeNo: 102 });
    const otherIds = await appended(other);
    await lab.redis.command('DEL', KEYS.events, KEYS.eventsState, KEYS.eventsOf('101:7'), KEYS.eventsOf('102:7'));

    await appended(batch(0, [3], { nodeNo: 103 }));
    await appended(again(one, ids));
    await appended(again(other, otherIds));
    await appended(batch(2, [3]));

    const reading = await read();
    expect(numbersIn(reading)).toEqual(['loss', 3, 1, 2, 1, 3]);
    expect(reading.lossId).toBe(reading.entries[0]?.id);
    const former = reading.entries.map((entry) => (entry.type === 'event' ? entry.formerId : undefined));
    expect(former).toEqual([undefined, undefined, ...ids, ...otherIds, undefined]);
  });

  test('marks each further loss', async () => {
    const sent = batch(0, [1]);
    let ids = await appended(sent);
    for (const _ of [1, 2]) {
      await lab.redis.command('DEL', KEYS.eventsOf('101:7'));
      ids = await appended(again(sent, ids));
    }

    expect(numbersIn(await read())).toEqual(['loss', 1, 'loss', 1, 'loss', 1]);
  });

  // Readers have to know which ids they read before the loss, and which after it.
  test('marks where another server took over, before anything else is appended there', async () => {
    await appended(batch(0, [1]));
    await lab.redis.command('HSET', KEYS.eventsState, 'server', 'f00d');

    await appended(batch(1, [2]));
    await appended(batch(2, [3]));

    const reading = await read();
    expect(numbersIn(reading)).toEqual(['loss', 1, 'loss', 2, 3]);
    expect(msOf(reading.entries[2]?.id)).toBeGreaterThanOrEqual(msOf(reading.entries[1]?.id) + 5_000);
    expect(reading.lossId).toBeUndefined();
  });

  test('never gives an id below those of a Redis whose clock was ahead, before or after a loss', async () => {
    const aheadMs = Date.now() + 60_000;
    log = new RedisEventLog(lab.link, () => aheadMs);
    const sent = batch(0, [1]);
    const ids = await appended(sent);
    await lab.redis.command('FLUSHALL');

    const again1 = await appended(batch(0, [1], { nodeNo: 102 }));
    const again2 = await appended(again(sent, ids));

    expect(msOf(ids[0])).toBe(aheadMs + 5_000);
    expect(msOf(again1[0])).toBe(aheadMs + 10_000);
    expect(byId(again1[0] ?? '', again2[0] ?? '')).toBeLessThan(0);
  });

  test('keeps so many events of an app, and says up to where it has forgotten some', async () => {
    log = new RedisEventLog(lab.link, Date.now, 10);
    await appended(batch(0, [1, 2, 3, 4, 5, 6]));
    await appended(batch(6, [7, 8, 9, 10, 11, 12, 13]));

    const { entries, cutId } = await read();
    expect(numbersIn(await read())).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    expect(byId(cutId ?? '', entries[0]?.id ?? '')).toBeLessThan(0);
  });

  test('keeps an event for ten minutes, and what it knows of the app for a day', async () => {
    const oldId = `${Date.now() - 10 * 60_000 - 1_000}-3`;
    await lab.link.send(['XADD', KEYS.events, oldId, 's', '1', 'e', '{"no":1}']);
    await lab.redis.command('HSET', KEYS.eventsState, 'last', oldId);

    await appended(batch(0, [2]));

    expect(numbersIn(await read())).toEqual([2]);
    expect((await read()).cutId).toBe(oldId);
    const lives = (await lab.link.sendAll([KEYS.events, KEYS.eventsState, KEYS.eventsOf('101:7')].map((key) => ['PTTL', key]))) as number[];
    expect(lives.map((ms) => Math.round(ms / 3_600_000))).toEqual([0, 24, 24]);
  });
});

function msOf(id: string | undefined): number {
  return Number(id?.split('-')[0]);
}

function byId(one: string, other: string): number {
  const [[oneMs = 0, oneNo = 0], [otherMs = 0, otherNo = 0]] = [one.split('-').map(Number), other.split('-').map(Number)];
  return oneMs - otherMs || oneNo - otherNo;
}

test('the log in memory, which tests of several nodes use, takes and refuses batches as the one in Redis does', async () => {
  const log = new MemoryEventLog(Date.now);
  const batch = (follows: number, serials: readonly number[], changes: Partial<EventBatch> = {}): EventBatch => ({
    ...LIFE,
    follows,
    events: serials.map((serial) => ({ serial, json: `{"no":${serial}}`, formerId: undefined })),
    ...changes,
  });

  const first = await log.append(batch(0, [1, 2]));
  const again = await log.append(batch(0, [1, 2]));
  const gap = await log.append(batch(3, [4]));
  const other = await log.append(batch(0, [1], { nodeNo: 102 }));
  const more = await log.append(batch(0, [2, 3]));

  const { entries, lastId } = await log.read(APP, '0-0', 100);
  expect(again).toEqual(first);
  expect(gap).toEqual({ type: 'gap', lastSerial: 2 });
  expect(entries.map((entry) => (entry.type === 'event' ? JSON.parse(entry.json).no : 'loss'))).toEqual([1, 2, 1, 3]);
  expect(entries.map(({ id }) => id).toSorted(byId)).toEqual(entries.map(({ id }) => id));
  expect([other, more].map((receipt) => (receipt.type === 'appended' ? receipt.ids : []))).toEqual([[entries[2]?.id], [lastId]]);
  expect((await log.read(APP, entries[1]?.id ?? '', 1)).entries).toEqual([entries[2]]);
});
