import { measureForwarding } from '../src/measure/forwarding-window.ts';
import { RunningBench } from '../src/running-bench.ts';

const LOAD = { packetsPerSecond: 250, packetBytes: 1200 };
const SUBSCRIBERS = 3;
/** Real processes on a machine that may be busy: the time is for them to start in, not for what they do. */
const PATIENCE_MS = 120_000;

describe('a publisher and three subscribers, all in processes of their own', () => {
  test.each(['causeway', 'naive', 'floor'] as const)(
    'exchange every packet through %s',
    async (name) => {
      const sample = await RunningBench.with(async (bench) => {
        const contestant = await bench.startContestant(name, LOAD);
        await contestant.growTo(SUBSCRIBERS);
        return measureForwarding(contestant, { warmUpMs: 300, measureMs: 1000 });
      });

      expect(sample).toMatchObject({ lost: 0, duplicates: 0, corrupted: 0 });
      expect(sample.forwarded).toBeGreaterThanOrEqual(SUBSCRIBERS * 100);
      expect(sample.cpuMicros).toBeGreaterThan(0);
      expect(sample.checked).toBe(name === 'floor' ? 0 : sample.forwarded / SUBSCRIBERS);
      expect(sample.latenciesMs).toHaveLength(sample.checked);
    },
    PATIENCE_MS,
  );
});
