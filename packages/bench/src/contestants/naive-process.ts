import { BenchProcess } from '../processes/bench-process.ts';
import type { YardstickVerbs } from '../yardstick/yardstick-verbs.ts';
import type { LaunchedSfu } from './sfu-contestant.ts';

/** Starts the naive werift SFU. */
export function launchNaive(): LaunchedSfu {
  const process = new BenchProcess<YardstickVerbs>({
    name: 'naive',
    role: 'measured',
    program: new URL('../yardstick/main.ts', import.meta.url),
  });
  const address = process.ask('listen').then((port) => ({ url: `http://127.0.0.1:${port}`, appId: 'bench', secret: 'not-looked-at' }));
  return { process, address };
}
