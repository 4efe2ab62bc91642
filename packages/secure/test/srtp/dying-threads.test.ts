/** OpenSSL's memory is not the garbage collector's, nor the thread's: what is left of it when either is done with it. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Report, Way } from './dying-threads.ts';

const MAIN = fileURLToPath(new URL('dying-threads.ts', import.meta.url));
const MIB = 1_048_576;
const WAYS: readonly Way[] = ['terminated within calls', 'uncaught error', 'exit', 'out of memory'];

let child: ChildProcess;
let report: Report;

beforeAll(async () => {
  // A heap limit in NODE_OPTIONS would take the place of the one that the thread without memory is given.
  child = fork(MAIN, WAYS, { execArgv: ['--expose-gc'], env: { ...process.env, NODE_OPTIONS: '' } });
  report = await new Promise<Report>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Report));
    child.once('exit', (code) => reject(new Error(`it has ended with exit code ${code}, and reported nothing`)));
  });
});

// A test run does not end while a child that hangs is connected to it.
afterAll(() => child.kill('SIGKILL'));

test.each(WAYS)('of a thread that has ended no context is left: %s', (way) => {
  const end = report.ends.find((each) => each.way === way);

  expect(end?.noted).toBeGreaterThan(report.needed);
  expect(end).toMatchObject({ freed: end?.noted, freedAgain: 0 });
  expect(end?.code).toBe(way === 'out of memory' ? 'ERR_WORKER_OUT_OF_MEMORY' : undefined);
});

test('the process does not grow with the threads that have died', () => {
  const { freed, kept } = report.grown;

  // The threads whose contexts are kept show that the measure finds what is left.
  expect(kept).toBeGreaterThan(8 * MIB);
  expect(freed).toBeLessThan(kept / 2);
});

test('the contexts of a memory are freed when it has been collected, though its thread goes on', () => {
  expect(report.ofMemory.used).toBeGreaterThanOrEqual(report.needed);
  expect(report.ofMemory.collected).toBe(0);
});
