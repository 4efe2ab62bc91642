/**
 * Threads with contexts of OpenSSL that die one after the other, in a process of their own for `dying-threads.test.ts`, which is sent what
 * they left. The same file is what the threads run.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { loadOpensslGcm } from '../../src/dtls/openssl-gcm.ts';
import { RecordCipher } from '../../src/dtls/record-cipher.ts';
import { createContextTable, freeContexts, noteContextsIn } from '../../src/node-ffi.ts';
import { type EcbWriter, loadOpensslEcb } from '../../src/srtp/openssl-ecb.ts';

export type Way = 'terminated within calls' | 'uncaught error' | 'exit' | 'out of memory';

/** A busy shard has about as many contexts. */
const PAGES = 4_096;
const RECORD_KEYS = 100;
/** Pieces of 8 kB that do not fit into the heap of a thread, whose limit is 32 MB. */
const TOO_MUCH = 20_000;
/** Threads that end before memory is measured, and those between two measurements. */
const FIRST_DEATHS = 4;
const DEATHS = 8;

interface End {
  readonly way: Way;
  /** Node's code of the error that has ended the thread. */
  readonly code: string | undefined;
  readonly noted: number;
  readonly freed: number;
  readonly freedAgain: number;
}

export interface Report {
  /** The contexts that each thread needs for keystream. Those for records come in addition. */
  readonly needed: number;
  readonly ends: readonly End[];
  /** Bytes by which the process has grown with threads whose contexts were freed, and with those whose were not yet. */
  readonly grown: { readonly freed: number; readonly kept: number };
  /** Contexts of a memory of this thread before and after the memory was collected. */
  readonly ofMemory: { readonly used: number; readonly collected: number };
}

function countOf(table: SharedArrayBuffer): number {
  return new BigUint64Array(table).filter((at) => at !== 0n).length;
}

/** @returns the table of a thread that has ended in that way, and the code of its error */
async function die(way: Way): Promise<{ readonly table: SharedArrayBuffer; readonly code: string | undefined }> {
  const table = createContextTable();
  const worker = new Worker(new URL(import.meta.url), { workerData: { way, table }, resourceLimits: { maxOldGenerationSizeMb: 32 } });
  let code: string | undefined;
  worker.on('error', (error: NodeJS.ErrnoException) => {
    code = error.code;
  });
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  await Promise.race([ended, new Promise((resolve) => worker.once('message', resolve))]);
  if (way === 'terminated within calls') void worker.terminate();
  await ended;
  return { table, code };
}

function createWriters(): readonly EcbWriter[] {
  const bind = loadOpensslEcb();
  if (bind === undefined) throw new Error('the Node that runs the tests has FFI');
  const ecb = bind({ memory: new Uint8Array(2_048), keyAt: 0, blocksAt: 64 });
  return Array.from({ length: PAGES }, () => {
    const writer = ecb.createWriter(1_024);
    writer.write([1, 2, 3, 4], 160);
    return writer;
  });
}

function live(way: Way): never {
  const writers = createWriters();
  const gcm = loadOpensslGcm() ?? 'missing';
  const ciphers = Array.from({ length: RECORD_KEYS }, (_, index) => new RecordCipher(Buffer.alloc(16, index), Buffer.alloc(4), gcm));
  for (const cipher of ciphers) cipher.seal(23, 1, 1, Buffer.alloc(100));
  parentPort?.postMessage('ready');
  if (way === 'uncaught error') throw new Error('a defect');
  if (way === 'exit') process.exit(3);
  const kept: unknown[] = [];
  for (let count = 0; ; count++) {
    if (kept.length > TOO_MUCH) throw new Error('the limit of the heap is not honoured');
    if (way === 'out of memory') kept.push(new Array(1_000).fill(count));
    else writers[count % PAGES]?.write([count, 0, 0, 0], 160);
  }
}

async function report(ways: readonly Way[]): Promise<Report> {
  const ends = [];
  for (const way of ways) {
    const { table, code } = await die(way);
    ends.push({ way, code, noted: countOf(table), freed: freeContexts(table), freedAgain: freeContexts(table) });
  }
  for (let count = 0; count < FIRST_DEATHS; count++) freeContexts((await die('exit')).table);
  const before = process.memoryUsage.rss();
  for (let count = 0; count < DEATHS; count++) freeContexts((await die('exit')).table);
  const between = process.memoryUsage.rss();
  const tables: SharedArrayBuffer[] = [];
  for (let count = 0; count < DEATHS; count++) tables.push((await die('exit')).table);
  const grown = { freed: between - before, kept: process.memoryUsage.rss() - between };
  for (const table of tables) freeContexts(table);
  return { needed: PAGES, ends, grown, ofMemory: await collectMemory() };
}

async function collectMemory(): Promise<Report['ofMemory']> {
  const table = createContextTable();
  noteContextsIn(table);
  // Nothing but the result of the function leads to the memory, so nothing does when it has returned.
  const used = ((): number => (createWriters().length === PAGES ? countOf(table) : 0))();
  for (let count = 0; count < 20 && countOf(table) > 0; count++) {
    globalThis.gc?.();
    await turn();
  }
  return { used, collected: countOf(table) };
}

if (!isMainThread) {
  const { way, table } = workerData as { readonly way: Way; readonly table: SharedArrayBuffer };
  noteContextsIn(table);
  live(way);
} else {
  process.send?.(await report(process.argv.slice(2) as Way[]));
}
