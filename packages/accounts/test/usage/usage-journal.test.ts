import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppId } from '@causeway/protocol';
import { FileUsageJournal } from '../../src/usage/usage-journal.ts';
import { type UsageBatch, unknownPart } from '../../src/usage/usage-ledger.ts';

const BYTES = { down: 1, up: 0, relay: 0, retransmitted: 0, data: 0 };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'causeway-journal-'));
});

afterEach(() => rm(folder, { recursive: true }));

function batchOf(nodeNo: number, epoch: number, seq: number): UsageBatch {
  return {
    appId: AppId.parse('demo'),
    nodeNo,
    epoch,
    seq,
    follows: seq - 1,
    closedAtMs: 0,
    region: 'eu',
    bytes: BYTES,
    parts: [unknownPart(BYTES)],
  };
}

function open(nodeNo: number, epoch: number, inFolder = folder): Promise<FileUsageJournal> {
  return FileUsageJournal.open({ folder: inFolder, life: { nodeNo, epoch }, onFailure: (error) => expect(error).toBeUndefined() });
}

/** What a life leaves behind that noted batches and was killed. */
async function leaveBehind(nodeNo: number, epoch: number, seqs: readonly number[], forgotten: readonly number[] = []): Promise<void> {
  const journal = await open(nodeNo, epoch);
  for (const seq of seqs) journal.note([batchOf(nodeNo, epoch, seq)]);
  for (const seq of forgotten) journal.forget(batchOf(nodeNo, epoch, seq));
  await journal.close();
}

test('a node gets the batches of its own former lives, not those of another node in the same folder', async () => {
  await leaveBehind(10, 1, [1, 2]);
  await leaveBehind(101, 1, [1]);
  await leaveBehind(101, 2, [1]);

  const { leftovers } = await open(101, 3);

  expect(leftovers.map(({ nodeNo, epoch, seq }) => [nodeNo, epoch, seq])).toEqual([
    [101, 1, 1],
    [101, 2, 1],
  ]);
});

test('an incomplete file is not read: its content is still in the one that it will replace', async () => {
  await leaveBehind(101, 1, [1]);
  await writeFile(join(folder, 'usage-101-1.ndjson.new'), `${JSON.stringify({ batch: batchOf(101, 1, 9) })}\n`);

  const { leftovers } = await open(101, 2);

  expect(leftovers.map(({ seq }) => seq)).toEqual([1]);
});

test('what was forgotten stays so, and the rest is kept', async () => {
  await leaveBehind(101, 1, [1, 2, 3], [2]);

  const { leftovers } = await open(101, 2);

  expect(leftovers.map(({ seq }) => seq)).toEqual([1, 3]);
});

test('a malformed line removes nothing', async () => {
  await leaveBehind(101, 1, [1]);
  const file = join(folder, 'usage-101-1.ndjson');
  const lines = [
    JSON.stringify({ forgotten: ['demo/101/1/1'] }),
    JSON.stringify({ batch: { ...batchOf(101, 1, 5), bytes: {} } }),
    '{"batch":{"app',
  ];
  await writeFile(file, `${await readFile(file, 'utf8')}${lines.join('\n')}`);

  const { leftovers } = await open(101, 2);

  expect(leftovers.map(({ seq }) => seq)).toEqual([1]);
});

test('the file of a life goes with the last batch that it needed, at once or when the next life begins', async () => {
  await leaveBehind(101, 1, [1, 2], [1, 2]);
  const left = await readdir(folder);
  await writeFile(join(folder, 'usage-101-2.ndjson'), `${JSON.stringify({ forgotten: 'demo/101/2/1' })}\n`);

  const journal = await open(101, 3);
  await journal.close();

  expect(left).toEqual([]);
  expect(await readdir(folder)).toEqual([]);
});

test('forgetting what is gone already, and noting nothing, leave no file behind', async () => {
  const journal = await open(101, 1);

  journal.note([]);
  journal.forget(batchOf(101, 1, 1));
  await journal.close();

  expect(await readdir(folder)).toEqual([]);
});

test('the folder is made, with those above it', async () => {
  const inFolder = join(folder, 'a/b');
  const journal = await open(101, 1, inFolder);
  journal.note([batchOf(101, 1, 1)]);
  await journal.close();

  expect(await readdir(inFolder)).toEqual(['usage-101-1.ndjson']);
});

test('what a version without data channels has left is counted, with none of their bytes', async () => {
  const { data: _, ...bytes } = BYTES;
  const batch = { ...batchOf(101, 1, 1), bytes };
  await writeFile(join(folder, 'usage-101-1.ndjson'), `${JSON.stringify({ batch })}\n`);

  const { leftovers } = await open(101, 2);

  expect(leftovers).toEqual([batchOf(101, 1, 1)]);
});
