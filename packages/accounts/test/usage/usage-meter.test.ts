import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppId } from '@causeway/protocol';
import { MemoryUsageLedger } from '../../src/usage/memory-usage-ledger.ts';
import { createVolatileUsageJournal, FileUsageJournal, type UsageJournal } from '../../src/usage/usage-journal.ts';
import {
  MAX_USAGE_PARTS,
  NO_USAGE,
  type UsageBatch,
  type UsageLedger,
  type UsageMetric,
  type UsagePart,
  type UsageReceipt,
} from '../../src/usage/usage-ledger.ts';
import { UsageMeter } from '../../src/usage/usage-meter.ts';

const APP = AppId.parse('demo');
const OTHER_APP = AppId.parse('other');
const DAY = '2026-11-24';
const NOW_MS = Date.UTC(2026, 10, 24, 12);

/** A ledger that can be away, lose its answers, and be taken back to what it was: as Redis in a failover. */
class FailingLedger implements UsageLedger {
  readonly batches: UsageBatch[] = [];
  #kept = new MemoryUsageLedger();
  isAway = false;
  losesAnswers = false;

  async record(batch: UsageBatch): Promise<UsageReceipt> {
    if (this.isAway) throw new Error('away');
    const receipt = await this.#kept.record(batch);
    if (receipt.type === 'counted') this.batches.push(batch);
    if (this.losesAnswers) throw new Error('the answer is lost');
    return receipt;
  }

  totals(appId: AppId, day: string) {
    return this.#kept.totals(appId, day);
  }

  async down(appId = APP): Promise<number> {
    return (await this.totals(appId, DAY)).down;
  }

  /** Forgets the last batches that it has counted. */
  async takeBack(count: number): Promise<void> {
    const remaining = this.batches.splice(0).slice(0, -count);
    this.#kept = new MemoryUsageLedger();
    for (const batch of remaining) await this.record(batch);
  }
}

function used(metric: UsageMetric, bytes: number, sessionId = 'session-101-a'): UsagePart {
  return { sessionId, track: 'session-101-b/camera', kind: 'video', bytes: { ...NO_USAGE, [metric]: bytes } };
}

describe('the usage meter', () => {
  let ledger: FailingLedger;
  let nowMs: number;

  beforeEach(() => {
    ledger = new FailingLedger();
    nowMs = 0;
  });

  function createMeter(journal: UsageJournal = createVolatileUsageJournal(), epoch = 7): UsageMeter {
    return new UsageMeter({
      ledger,
      journal,
      life: { nodeNo: 101, epoch },
      region: 'eu',
      billingNowMs: () => NOW_MS + nowMs,
      nowMs: () => nowMs,
    });
  }

  async function use(meter: UsageMeter, bytes: number): Promise<void> {
    if (bytes > 0) meter.add(APP, used('down', bytes));
    await meter.flush();
    nowMs += 5_000;
  }

  test('counts what was added, by app and metric, in one batch a flush', async () => {
    const meter = createMeter();
    meter.add(APP, used('down', 5));
    meter.add(APP, used('down', 6));
    meter.add(APP, used('retransmitted', 1));
    meter.add(OTHER_APP, used('up', 2));

    await meter.flush();
    await meter.flush();

    expect(await ledger.totals(APP, DAY)).toEqual({ down: 11, up: 0, relay: 0, retransmitted: 1, data: 0 });
    expect(await ledger.totals(OTHER_APP, DAY)).toEqual({ down: 0, up: 2, relay: 0, retransmitted: 0, data: 0 });
    expect(ledger.batches).toHaveLength(2);
    expect(meter.outstanding).toBe(0);
  });

  test('tells what each session got of each track, and sums that are the same', async () => {
    const meter = createMeter();
    meter.add(APP, used('down', 5));
    meter.add(APP, used('down', 6));
    meter.add(APP, used('down', 7, 'session-101-c'));

    await meter.flush();

    expect(ledger.batches).toMatchObject([{ region: 'eu', bytes: { down: 18 } }]);
    expect(ledger.batches[0]?.parts).toEqual([used('down', 11), used('down', 7, 'session-101-c')]);
  });

  test('has several batches where one would be too long', async () => {
    const meter = createMeter();
    for (let session = 0; session < 2 * MAX_USAGE_PARTS + 1; session++) meter.add(APP, used('down', 1, `session-${session}`));

    await meter.flush();

    expect(ledger.batches.map(({ parts }) => parts.length)).toEqual([MAX_USAGE_PARTS, MAX_USAGE_PARTS, 1]);
    expect(await ledger.down()).toBe(2 * MAX_USAGE_PARTS + 1);
  });

  test('what the ledger does not take waits for it', async () => {
    const meter = createMeter();
    ledger.isAway = true;
    await use(meter, 1);
    await use(meter, 2);
    const outstanding = meter.outstanding;
    ledger.isAway = false;
    await use(meter, 4);

    expect(outstanding).toBe(2);
    expect(await ledger.down()).toBe(7);
  });

  test('a batch whose answer was lost is sent again and counted once', async () => {
    const meter = createMeter();
    ledger.losesAnswers = true;
    await use(meter, 1);
    ledger.losesAnswers = false;
    await use(meter, 2);

    expect(await ledger.down()).toBe(3);
  });

  test('batches that a failover took back are sent again', async () => {
    const meter = createMeter();
    for (let turn = 0; turn < 10; turn++) await use(meter, 1);

    await ledger.takeBack(6);
    expect(await ledger.down()).toBe(4);
    await use(meter, 1);

    expect(await ledger.down()).toBe(11);
    expect(ledger.batches.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  test('what a failover took back is sent again though the app uses nothing more', async () => {
    const meter = createMeter();
    for (let turn = 0; turn < 10; turn++) await use(meter, 1);

    await ledger.takeBack(2);
    for (let turn = 0; turn < 30; turn++) await use(meter, 0);

    expect(await ledger.down()).toBe(10);
    expect(meter.outstanding).toBe(0);
  });

  test('what a failover took back is sent again at the end of the node, though nothing was used after it', async () => {
    const meter = createMeter();
    for (let turn = 0; turn < 10; turn++) await use(meter, 1);

    await ledger.takeBack(2);
    await meter.finish();

    expect(await ledger.down()).toBe(10);
    expect(meter.outstanding).toBe(0);
  });

  test('what was confirmed before a failover is said to be outstanding if the ledger is still away at the end of the node', async () => {
    const meter = createMeter();
    for (let turn = 0; turn < 10; turn++) await use(meter, 1);
    const before = meter.outstanding;

    ledger.isAway = true;
    await meter.finish();

    expect(before).toBe(0);
    expect(meter.outstanding).toBe(1);
  });

  test('batches that a ledger lost are sent again when it comes back after minutes', async () => {
    const meter = createMeter();
    for (let turn = 0; turn < 10; turn++) await use(meter, 1);

    await ledger.takeBack(2);
    ledger.isAway = true;
    for (let turn = 0; turn < 60; turn++) await use(meter, 1);
    ledger.isAway = false;
    await use(meter, 1);

    expect(await ledger.down()).toBe(71);
  });

  test('an app that uses nothing more costs the ledger one more question, and then nothing', async () => {
    const meter = createMeter();
    await use(meter, 1);
    const { record } = ledger;
    let questions = 0;
    ledger.record = (batch) => {
      questions++;
      return record.call(ledger, batch);
    };

    for (let turn = 0; turn < 60; turn++) await use(meter, 0);

    expect([questions, await ledger.down()]).toEqual([1, 1]);
  });

  test('what was taken back too long ago to be kept is not waited for', async () => {
    const meter = createMeter();
    for (let turn = 0; turn < 30; turn++) await use(meter, 1);

    await ledger.takeBack(29);
    await use(meter, 1);

    // A minute of batches is kept: thirteen, with the one that is new.
    expect(await ledger.down()).toBe(1 + 13);
    expect(meter.outstanding).toBe(0);
  });

  test('a ledger that is unavailable for a day costs a bounded number of batches and loses no byte', async () => {
    const meter = createMeter();
    ledger.isAway = true;
    const flushesADay = (24 * 3_600) / 5;
    for (let turn = 0; turn < flushesADay / 2; turn++) await use(meter, 1);
    const outstanding = meter.outstanding;
    ledger.isAway = false;
    nowMs += 300_000;
    await use(meter, 1);

    expect(outstanding).toBeLessThan(700);
    const nextDay = await ledger.totals(APP, '2026-11-25');
    expect((await ledger.down()) + nextDay.down).toBe(flushesADay / 2 + 1);
  });

  test('every byte is counted once, whatever the ledger does', async () => {
    const { seededRandom } = await import('@causeway/testkit/seeded-random');
    const random = seededRandom(20_261_124);
    const meter = createMeter();
    let used = 0;
    for (let turn = 0; turn < 400; turn++) {
      const fate = random();
      ledger.isAway = fate < 0.1;
      ledger.losesAnswers = fate >= 0.1 && fate < 0.3;
      if (fate > 0.95) await ledger.takeBack(Math.ceil(random() * 8)).catch(() => {});
      const bytes = Math.floor(random() * 1_000_000);
      used += bytes;
      await use(meter, bytes);
    }
    ledger.isAway = false;
    ledger.losesAnswers = false;
    await use(meter, 1);

    expect(await ledger.down()).toBe(used + 1);
  });

  describe('with a journal on disk', () => {
    let folder: string;

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'causeway-usage-'));
    });

    afterEach(() => rm(folder, { recursive: true }));

    function open(epoch: number): Promise<FileUsageJournal> {
      return FileUsageJournal.open({
        folder,
        life: { nodeNo: 101, epoch },
        onFailure(error) {
          throw error;
        },
      });
    }

    test('the next life counts what the former did not, as its own', async () => {
      const former = await open(7);
      const meter = createMeter(former);
      await use(meter, 1);
      ledger.isAway = true;
      await use(meter, 2);
      await use(meter, 4);
      await former.close();

      ledger.isAway = false;
      await use(createMeter(await open(8), 8), 8);

      expect(await ledger.down()).toBe(15);
      expect(ledger.batches.map(({ epoch, seq }) => `${epoch}/${seq}`).sort()).toEqual(['7/1', '7/2', '7/3', '8/1']);
    });

    test('nothing is counted again by a life that finds everything counted', async () => {
      const former = await open(7);
      await use(createMeter(former), 1);
      await former.close();

      await use(createMeter(await open(8), 8), 2);

      expect(await ledger.down()).toBe(3);
    });

    test('files of former lives go when they are no longer needed', async () => {
      const former = await open(7);
      await use(createMeter(former), 1);
      await former.close();
      const journal = await open(8);
      const meter = createMeter(journal, 8);
      for (let turn = 0; turn < 15; turn++) await use(meter, 1);
      await journal.close();

      expect(await readdir(folder)).toEqual(['usage-101-8.ndjson']);
    });

    test('a line that was cut off with the power, or that is none, harms nothing else', async () => {
      const former = await open(7);
      ledger.isAway = true;
      const meter = createMeter(former);
      await use(meter, 1);
      await use(meter, 2);
      await former.close();
      const path = join(folder, 'usage-101-7.ndjson');
      const text = await readFile(path, 'utf8');
      await writeFile(path, `null\n{"batch":{"seq":1}}\n${text}${text.slice(0, 40)}`);

      ledger.isAway = false;
      await use(createMeter(await open(8), 8), 4);

      expect(await ledger.down()).toBe(7);
    });

    test('what the disk did not take, or took half of, is written once the disk takes it', async () => {
      const path = join(folder, 'usage-101-7.ndjson');
      const failures: unknown[] = [];
      const former = await FileUsageJournal.open({
        folder,
        life: { nodeNo: 101, epoch: 7 },
        onFailure: (error) => failures.push(error),
      });
      ledger.isAway = true;
      const meter = createMeter(former);
      await use(meter, 1);
      await former.close();
      const text = await readFile(path, 'utf8');
      // Nothing can be written where a folder is.
      await rm(path);
      await mkdir(path);
      await use(meter, 2);
      await former.close();
      await rm(path, { recursive: true });
      await writeFile(path, `${text}${text.slice(0, 40)}`);
      await use(meter, 4);
      await former.close();

      ledger.isAway = false;
      await use(createMeter(await open(8), 8), 8);

      expect(failures).toHaveLength(1);
      expect(await ledger.down()).toBe(15);
    });

    test('the file does not grow with time', async () => {
      const journal = await open(7);
      const meter = createMeter(journal);
      for (let turn = 0; turn < 40_000; turn++) {
        meter.add(APP, used('down', 1));
        await meter.flush();
        nowMs += 5_000;
      }
      await journal.close();

      expect((await readFile(join(folder, 'usage-101-7.ndjson'))).length).toBeLessThan(8_000_000);
      expect((await open(8)).leftovers.length).toBeLessThan(20);
    });
  });
});
