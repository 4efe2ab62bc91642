import type { FloorVerbs } from '../floor/floor-verbs.ts';
import type { LoadVerbs } from '../load/load-verbs.ts';
import { BenchProcess } from '../processes/bench-process.ts';
import { type Contestant, type Load, type Progress, SRTP_TAG_BYTES } from './contestant.ts';

/** Starts the floor, which only sends packets to sinks in the load process. */
export function startFloor(load: Load, crowd: BenchProcess<LoadVerbs>): Contestant {
  const process = new BenchProcess<FloorVerbs>({
    name: 'floor',
    role: 'measured',
    program: new URL('../floor/main.ts', import.meta.url),
  });
  let sinks = 0;
  // Sinks are added only between runs, so the packets expected until then have arrived.
  let expectedBefore = 0;
  let roundsBefore = 0;

  async function expected(): Promise<number> {
    return expectedBefore + ((await process.ask('sentRounds')) - roundsBefore) * sinks;
  }

  return {
    name: 'floor',
    process,
    async growTo(subscribers) {
      [expectedBefore, roundsBefore] = [await expected(), await process.ask('sentRounds')];
      await process.ask('aim', await crowd.ask('openSinks', subscribers - sinks));
      sinks = subscribers;
    },
    start: () => process.ask('start', { packetsPerSecond: load.packetsPerSecond, datagramBytes: load.packetBytes + SRTP_TAG_BYTES }),
    pause: () => process.ask('pause'),
    async progress(): Promise<Progress> {
      return { expected: await expected(), received: await crowd.ask('receivedBySinks'), duplicates: 0, checked: 0, corrupted: 0 };
    },
    takeLatenciesMs: async () => [],
  };
}
