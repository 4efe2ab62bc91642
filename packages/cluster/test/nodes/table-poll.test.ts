import { seededRandom } from '@causeway/testkit/seeded-random';
import type { TableReading } from '../../src/nodes/node-scripts.ts';
import { KnownLeases } from '../../src/nodes/table-poll.ts';
import { NodeRows } from '../doubles/node-rows.ts';

const LEASE_MS = 5_500;
const NODES = 8;

/** Who has a lease that runs, that has ended, and that was given up. */
function statesOf({ leases, redisNowMs }: TableReading): readonly string[] {
  const stateOf = (endsAtMs: number) => (endsAtMs === 0 ? 'left' : endsAtMs > redisNowMs ? 'live' : 'ended');
  return leases.map(({ nodeNo, endsAtMs }) => `${nodeNo} ${stateOf(endsAtMs)}`).sort();
}

function earliestEnd({ leases, redisNowMs }: TableReading): number {
  return Math.min(...leases.map(({ endsAtMs }) => endsAtMs).filter((endsAtMs) => endsAtMs > redisNowMs));
}

test.each(Array.from({ length: 60 }, (_, index) => index + 1))(
  'changes and the whole table tell the same of nodes that come, go, lapse and are forgotten, seed %i',
  async (seed) => {
    const random = seededRandom(seed);
    let nowMs = 1_000_000;
    const rows = new NodeRows(() => nowMs);
    const known = new KnownLeases();
    let serial = '0';
    let completed = 0;

    for (let step = 0; step < 200; step++) {
      nowMs += Math.floor(random() * 1_500);
      for (let act = Math.floor(random() * 4); act > 0; act--) {
        const nodeNo = 1 + Math.floor(random() * NODES);
        const what = random();
        const isNew = !rows.recordOf(nodeNo);
        if (what < 0.8)
          await rows.renew({ nodeNo, epoch: 1 }, LEASE_MS, {
            text: isNew || random() < 0.1 ? `record ${step}` : undefined,
            isUrgent: false,
          });
        else if (what < 0.9) await rows.leave({ nodeNo, epoch: 1 });
        else rows.forget(nodeNo);
      }
      if (random() < 0.01) rows.forgetAll();

      const whole = await rows.readTable(serial);
      const reading = known.mayContinue ? known.complete(await rows.readChanges(serial)) : undefined;
      if (reading === undefined) known.note(whole);
      else {
        completed++;
        expect(statesOf(reading)).toEqual(statesOf(whole));
        expect(earliestEnd(reading)).toBe(earliestEnd(whole));
        expect(reading.records).toEqual(whole.records);
      }
      serial = whole.serial;
    }

    expect(completed).toBeGreaterThan(50);
  },
);

test('while nothing but leases changes, one reading in ten is of the whole table', async () => {
  let nowMs = 1_000_000;
  const rows = new NodeRows(() => nowMs);
  const known = new KnownLeases();
  const wholes: number[] = [];
  for (let nodeNo = 1; nodeNo <= NODES; nodeNo++) await rows.renew({ nodeNo, epoch: 1 }, LEASE_MS, { text: 'record', isUrgent: false });
  const { serial } = await rows.readTable('0');

  for (let second = 0; second < 30; second++) {
    nowMs += 1_000;
    for (let nodeNo = 1; nodeNo <= NODES; nodeNo++) await rows.renew({ nodeNo, epoch: 1 }, LEASE_MS, { text: undefined, isUrgent: false });
    if (known.mayContinue && known.complete(await rows.readChanges(serial)) !== undefined) continue;
    known.note(await rows.readTable(serial));
    wholes.push(second);
  }

  expect(wholes).toEqual([0, 10, 20]);
});

test('after trouble the whole table is read', async () => {
  const rows = new NodeRows(() => 1_000_000);
  const known = new KnownLeases();
  known.note(await rows.readTable('0'));

  known.forget();

  expect(known.mayContinue).toBe(false);
});
