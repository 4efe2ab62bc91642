import { BenchProcess, programPath } from '../processes/bench-process.ts';
import type { YardstickVerbs } from '../yardstick/yardstick-verbs.ts';
import type { RunningSfu } from './sfu-contestant.ts';

/** Starts the naive werift SFU. */
export async function startNaive(): Promise<RunningSfu> {
  const process = new BenchProcess<YardstickVerbs>({ name: 'naive', program: programPath('../yardstick/main.ts', import.meta.url) });
  const port = await process.ask('listen');
  return { name: 'naive', process, address: { url: `http://127.0.0.1:${port}`, appId: 'bench', secret: 'not-looked-at' } };
}
