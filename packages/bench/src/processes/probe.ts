/**
 * Loaded into a measured process ahead of its program (`node --import`), so that the program itself knows nothing of the
 * bench. It works only when asked.
 */
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import type { MemorySample, ProbeVerbs } from './probe-verbs.ts';
import { answerQuestions } from './request-channel.ts';

const SAMPLING_INTERVAL_MICROS = 200;
/** Freed objects may free others in turn (finalizers, weak references). */
const COLLECTIONS = 4;

let session: Session | undefined;

answerQuestions<ProbeVerbs>(process, {
  cpuMicros() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  memory: measureMemory,
  async startProfile() {
    session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL_MICROS });
    await session.post('Profiler.start');
  },
  async stopProfile(path) {
    if (session === undefined) throw new Error('stopProfile was asked for before startProfile');
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    session = undefined;
    await writeFile(path, JSON.stringify(profile));
  },
});
// Whether the process ends is for its own program to decide.
process.channel?.unref();
// A bench that was killed leaves nothing running behind.
process.once('disconnect', () => process.exit());

async function measureMemory(): Promise<MemorySample> {
  if (global.gc === undefined) throw new Error('A measured process must be started with --expose-gc');
  for (let collection = 0; collection < COLLECTIONS; collection++) {
    global.gc();
    await turnOfTheEventLoop();
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rssBytes: rss, heapBytes: heapUsed, externalBytes: external };
}
