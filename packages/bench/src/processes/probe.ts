/**
 * Loaded into a measured process before its program (`node --import`), so that the program does not depend on the bench. It is
 * idle between requests.
 */

import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { getHeapSpaceStatistics } from 'node:v8';
import { answerQuestions } from '@causeway/lab';
import { CalledFunctions } from '../files/called-functions.ts';
import type { EventLoopDelay, MemorySample, ProbeVerbs } from './probe-verbs.ts';

const SAMPLING_INTERVAL_MICROS = 200;
const YOUNG_SPACES = new Set(['new_space', 'new_large_object_space']);
/** Collections may have to be repeated, since freed objects can release others (finalizers, weak references). */
const COLLECTIONS = 4;
/** The resolution that the node itself uses. With a finer one, a single delay has less weight among the samples. */
const LOOP_RESOLUTION_MS = 20;
const NANOSECONDS_PER_MS = 1e6;

type DelayHistogram = ReturnType<typeof monitorEventLoopDelay>;

let session: Session | undefined;
let called: CalledFunctions | undefined;
const loopWatches = new Map<number, DelayHistogram>();
let lastLoopWatch = 0;

answerQuestions<ProbeVerbs>(process, {
  cpuMicros() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  memory: measureMemory,
  watchEventLoop() {
    const delays = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
    delays.enable();
    loopWatches.set(++lastLoopWatch, delays);
    return lastLoopWatch;
  },
  unwatchEventLoop(watch) {
    const delays = loopWatches.get(watch);
    if (delays === undefined) throw new Error(`There is no watch ${watch} of the event loop`);
    loopWatches.delete(watch);
    delays.disable();
    return describeDelays(delays);
  },
  async startProfile() {
    session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL_MICROS });
    await session.post('Profiler.start');
  },
  async takeCalledFunctions() {
    called ??= await CalledFunctions.open();
    return called.take();
  },
  async stopProfile(path) {
    if (session === undefined) throw new Error('stopProfile was asked for before startProfile');
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    session = undefined;
    await writeFile(path, JSON.stringify(profile));
  },
});
// The channel must not keep the process alive.
process.channel?.unref();
// A killed bench must leave no process behind.
process.once('disconnect', () => process.exit());

async function measureMemory(): Promise<MemorySample> {
  if (global.gc === undefined) throw new Error('A measured process must be started with --expose-gc');
  for (let collection = 0; collection < COLLECTIONS; collection++) {
    global.gc();
    await turnOfTheEventLoop();
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  const young = getHeapSpaceStatistics().filter(({ space_name }) => YOUNG_SPACES.has(space_name));
  const youngBytes = young.reduce((sum, { physical_space_size }) => sum + physical_space_size, 0);
  return { rssBytes: rss, heapBytes: heapUsed, externalBytes: external, youngBytes };
}

/** Subtracts the resolution, since the histogram contains whole intervals between timer calls. */
function describeDelays(delays: DelayHistogram): EventLoopDelay {
  const lateByMs = (nanoseconds: number): number => Math.max(0, nanoseconds / NANOSECONDS_PER_MS - LOOP_RESOLUTION_MS);
  return { p50Ms: lateByMs(delays.percentile(50)), p99Ms: lateByMs(delays.percentile(99)), maxMs: lateByMs(delays.max) };
}
