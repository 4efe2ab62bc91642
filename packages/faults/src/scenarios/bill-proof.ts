import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@causeway/testkit';
import { UNTOLD_AT_MOST_SECONDS } from './bill.ts';
import { BookedService, verifyLedgerFile } from './booked-service.ts';
import { Call } from './call.ts';
import { atLeast, atMost, exactly, type Finding } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';
import { isRegistryRight } from './registry-right.ts';
import type { Scenario } from './scenario.ts';

const LOAD = { packetsPerSecond: 60, packetBytes: 700 } as const;
const WATCHERS = 3;
const BYTES_PER_SECOND = WATCHERS * LOAD.packetsPerSecond * LOAD.packetBytes;
const ARRIVED_AFTER_MS = 300;
/** A failover takes up to ten seconds, and the way from Redis to the books takes five. */
const BOOKED_WITHIN_MS = 40_000;
/**
 * The next life of a node reports what its former one had not, or Redis lost, five seconds after it starts, and the books read Redis every
 * five seconds. Both are late on a busy machine. The looks are counted instead of the time, because the machine may suspend everything.
 */
const LOOKS_AT_RESTING_BILL = 40;
const LOOK_EVERY_MS = 500;
const RESTS_WITHIN_LOOKS = 400;
/** Copies the batches that wait in Redis for the books, so that they reach the books twice. */
const REPEAT_BATCHES = `
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do redis.call('XADD', KEYS[1], '*', unpack(entry[2])) end
return redis.call('XLEN', KEYS[1])`;

/** What happens to Redis when the billed node dies. */
const TROUBLES = ['nothing else', 'batches come twice', 'Redis is emptied', 'the master of Redis dies'] as const;
type Trouble = (typeof TROUBLES)[number];

/** Compares the bill as the operator reads it in the books, whatever happens to nodes and to Redis, and as the customer checks it. */
export const billProof: Scenario = {
  name: 'bill-proof',
  covers: ['Show: the bill after 20 kill -9, duplicates, FLUSHALL and failovers', 'Show: a changed export is found out'],
  title: 'kill -9 while Redis is emptied and fails over: the bill in the books, and its proof',
  needs: { redis: 'watched' },
  run: (lab, thoroughness) =>
    BookedService.with(lab, {}, async (service) => {
      const isWhole = thoroughness === 'whole';
      const call = await Call.open(lab, { name: 'talk', from: 'eu', to: {}, ...LOAD });
      const untold = await killAgainAndAgain(lab, service, call, isWhole ? 20 : 4);
      return [
        atLeast(`received and not billed in ${untold.length} deaths: the least`, Math.min(...untold), 0, ' s of media'),
        atMost(`received and not billed in ${untold.length} deaths: the most`, Math.max(...untold), UNTOLD_AT_MOST_SECONDS, ' s of media'),
        await exactWithoutDeath(lab, service, call),
        ...(await sameEverywhere(service)),
        ...(await provenByExport(service, isWhole ? 20 : 2)),
      ];
    }),
};

async function killAgainAndAgain(lab: Lab, service: BookedService, call: Call, rounds: number): Promise<readonly number[]> {
  const random = seededRandom(17);
  const untold: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const trouble = TROUBLES[round % TROUBLES.length] ?? 'nothing else';
    const before = await unbilledBytes(lab, service);
    await call.join('us', WATCHERS);
    await sleep(1_000 + 6_000 * random());
    await lab.cluster.node('us').child.kill();
    const mend = await cause(lab, service, trouble);
    await sleep(ARRIVED_AFTER_MS);
    await call.vanish('us');
    await service.startNode('us');
    await mend();
    await timeUntil(
      async () => (await unbilledBytes(lab, service)) - before <= UNTOLD_AT_MOST_SECONDS * BYTES_PER_SECOND,
      BOOKED_WITHIN_MS,
      500,
    );
    await untilBillRests(service);
    untold.push(((await unbilledBytes(lab, service)) - before) / BYTES_PER_SECOND);
    lab.note(`round ${round + 1}, ${trouble}: ${untold.at(-1)?.toFixed(2)} s of media were not billed`);
  }
  return untold;
}

/** @returns a function that repairs the damage */
async function cause(lab: Lab, { appId }: BookedService, trouble: Trouble): Promise<() => Promise<void>> {
  const master = await lab.watchedRedis.master();
  if (trouble === 'batches come twice') await master.command('EVAL', REPEAT_BATCHES, '1', `sfu:{${appId}}:usb`);
  if (trouble === 'Redis is emptied') await master.command('FLUSHALL');
  if (trouble !== 'the master of Redis dies') return async () => undefined;
  await master.kill();
  // It returns as a replica of the promoted one, for the next failover.
  return () => master.restart();
}

async function exactWithoutDeath(lab: Lab, service: BookedService, call: Call): Promise<Finding> {
  await timeUntil(() => isRegistryRight(lab), BOOKED_WITHIN_MS);
  const before = await unbilledBytes(lab, service);
  for (const region of ['us', 'ap']) await call.join(region, WATCHERS);
  await sleep(3_000);
  await (await lab.watchedRedis.master()).command('FLUSHALL');
  await sleep(3_000);
  await lab.sources.ask('pause', 'talk');
  await timeUntil(async () => (await unbilledBytes(lab, service)) === before, BOOKED_WITHIN_MS, 500);
  await untilBillRests(service);
  return exactly('bytes not billed when no node died, after a flush', (await unbilledBytes(lab, service)) - before, 0);
}

/** Waits until the bill no longer changes, so that what comes late counts for its own round. Nothing may be sent while it waits. */
async function untilBillRests(service: BookedService): Promise<void> {
  let billed = await service.billedBytes();
  let looksAtSame = 0;
  for (let look = 0; look < RESTS_WITHIN_LOOKS && looksAtSame < LOOKS_AT_RESTING_BILL; look++) {
    await sleep(LOOK_EVERY_MS);
    const now = await service.billedBytes();
    looksAtSame = now === billed ? looksAtSame + 1 : 0;
    billed = now;
  }
  if (looksAtSame < LOOKS_AT_RESTING_BILL) throw new Error('The bill changes although nothing is sent');
}

async function unbilledBytes(lab: Lab, service: BookedService): Promise<number> {
  const billed = await service.billedBytes();
  return (await lab.watchers.ask('receivedBytes')) - billed;
}

/** Compares the replies of the usage API. The console reads the same replies as any other caller, so these are its figures, too. */
async function sameEverywhere(service: BookedService): Promise<Finding[]> {
  const query = 'by=hour&groupBy=kind,region,session,track&limit=1000';
  const billed = await service.billedBytes();
  const { rows } = JSON.parse(await service.usageText(query)) as { readonly rows: readonly Readonly<Record<string, string | number>>[] };
  const [head = '', ...lines] = (await service.usageText(`${query}&format=csv`)).trimEnd().split('\r\n');
  const fromJson = rows.map((row) =>
    head
      .split(',')
      .map((column) => String(row[column] ?? ''))
      .join(','),
  );
  const csvBilled = lines.reduce((sum, line) => sum + Number(line.split(',').at(-1)), 0);
  const months = [...new Set(rows.map(({ start }) => String(start).slice(0, 'YYYY-MM'.length)))];
  const bills = await Promise.all(
    months.map((month) => service.admin.call<{ readonly billedBytes: number }>('GET', `/apps/${service.appId}/bill?month=${month}`)),
  );
  return [
    exactly(
      'lines of the CSV that are not the rows of the API, byte for byte',
      lines.filter((line, index) => line !== fromJson[index]).length,
      0,
    ),
    exactly('billed bytes by the CSV, of those by the API', csvBilled, billed),
    exactly(
      'billed bytes by the bill, of those by the API',
      bills.reduce((sum, { billedBytes }) => sum + billedBytes, 0),
      billed,
    ),
  ];
}

/** Changes exports and checks that a customer who has nothing but the export finds out. */
async function provenByExport(service: BookedService, flips: number): Promise<Finding[]> {
  const random = seededRandom(18);
  const path = join(service.folder, 'export.ndjson');
  const text = await service.ledgerText();
  const lines = text.trimEnd().split('\n');
  const check = async (changed: string): Promise<string | undefined> => {
    await writeFile(path, changed);
    return verifyLedgerFile(path);
  };
  const verified = (await check(text)) ?? '';
  const billed = Number(/(\d+) bytes billed/.exec(verified)?.[1]);
  let found = 0;
  for (let flip = 0; flip < flips; flip++) {
    const bytes = Buffer.from(text);
    const place = Math.floor(random() * (bytes.length - 1));
    bytes[place] = (bytes[place] ?? 0) ^ (1 << Math.floor(random() * 7));
    if ((await check(bytes.toString('latin1'))) === undefined) found++;
  }
  const middle = Math.floor(lines.length / 2);
  const swapped = lines.toSpliced(middle, 2, lines[middle + 1] ?? '', lines[middle] ?? '');
  const cut = { 'the end': lines.slice(0, -1), 'the last leaf': lines.toSpliced(-2, 1), 'half of everything': lines.slice(0, middle) };
  const findings: Finding[] = [
    exactly(`bytes that ${lines.length - 2} leaves of the export prove, of those billed`, billed, await service.billedBytes()),
    exactly(`flipped bits that the verification finds, of ${flips}`, found, flips),
    exactly('two lines swapped', (await check(`${swapped.join('\n')}\n`)) === undefined ? 'found' : 'passed', 'found'),
  ];
  for (const [what, left] of Object.entries(cut)) {
    findings.push(exactly(`${what} cut off`, (await check(`${left.join('\n')}\n`)) === undefined ? 'found' : 'passed', 'found'));
  }
  return findings;
}
