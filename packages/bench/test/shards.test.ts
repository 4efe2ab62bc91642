import { measureCrossing } from '../src/crossing/measure-crossing.ts';
import { type ForwardingSample, measureForwarding } from '../src/measure/forwarding-window.ts';
import { RunningBench } from '../src/running-bench.ts';
import { openGroup, publish } from '../src/scenes/placed-clients.ts';
import { StagedCall } from '../src/scenes/staged-call.ts';
import { type CrossingScene, crossingMicros } from '../src/shards/crossing-cost.ts';
import { measureSaturation } from '../src/shards/saturation.ts';
import { createSeparateCalls } from '../src/shards/separate-calls.ts';
import { costSample } from './support/cost-sample.ts';

const LOAD = { packetsPerSecond: 100, packetBytes: 1200 };
const WORKERS = 2;
/** Real processes on a machine that may be busy: the time is for them to start in, not for what they do. */
const PATIENCE_MS = 120_000;

test(
  'every packet crosses from one worker to subscribers on the other, as it was sent',
  async () => {
    const sample = await RunningBench.with(async (bench) => {
      const node = await bench.startWorkers('node', WORKERS);
      await openGroup(node, bench.load);
      const tracks = await publish({ node, shardNo: 0 }, 2, LOAD, bench.load);
      const call = new StagedCall({ node, scenes: { all: [{ node, seats: [{ shardNo: 1, tracks }], subscribers: 2 }] } }, bench.load);
      await call.show('all');
      return measureForwarding(call, { warmUpMs: 300, measureMs: 1_000 });
    });

    expect(sample).toMatchObject({ lost: 0, duplicates: 0, corrupted: 0 });
    expect(sample.forwarded).toBeGreaterThan(2 * 2 * 50);
    expect(sample.checked).toBe(sample.forwarded / 2);
  },
  PATIENCE_MS,
);

test('what a crossing packet costs is told from what nodes with subscribers here and there have spent', () => {
  const plan = { subscribers: 4, moreSubscribers: 3 };
  const { subscribers } = plan;
  const samples = new Map<CrossingScene, ForwardingSample[]>([
    ['at home', [costSample(subscribers, [20 + 4 * 5])]],
    ['more at home', [costSample(4 + 3, [20 + (4 + 3) * 5])]],
    ['elsewhere', [costSample(subscribers, [20 + 4 * 5 + 12])]],
  ]);

  expect(crossingMicros(samples, plan)).toEqual({ local: 5, crossing: 12, deliveredAtHome: 10, deliveredElsewhere: 13 });
});

test(
  'calls on shards of their own get every packet',
  async () => {
    const sample = await RunningBench.with(async (bench) => {
      const node = await bench.startWorkers('node', WORKERS);
      const calls = await createSeparateCalls(node, LOAD, { shards: WORKERS, subscribersEach: 3 }, bench.load);
      return measureForwarding(calls, { warmUpMs: 300, measureMs: 1_000 });
    });

    expect(sample).toMatchObject({ lost: 0, duplicates: 0, corrupted: 0 });
    expect(sample.forwarded).toBeGreaterThan(WORKERS * 3 * 50);
  },
  PATIENCE_MS,
);

test(
  'a node is loaded step by step, and what it forwards is counted',
  async () => {
    const load = { ...LOAD, subscribersPerCall: 3, callsPerStep: 1, stepMs: 500, maxSteps: 2 };
    const { packetsPerSecond, calls } = await RunningBench.with(async (bench) =>
      measureSaturation(await bench.startWorkers('node', WORKERS), load, bench.load.source, [bench.load.crowd]),
    );

    expect(calls).toBeGreaterThanOrEqual(1);
    expect(packetsPerSecond).toBeGreaterThan(100);
  },
  PATIENCE_MS,
);

test.each(['transferred buffer', 'ring, woken by a message', 'ring, woken by waitAsync'] as const)(
  'packets cross by the %s',
  async (carrier) => {
    const { sent, received } = await measureCrossing(carrier, { burstsPerSecond: 100, burstPackets: 4, packetBytes: 1200 }, 300);

    expect(sent).toBeGreaterThan(20);
    expect(Math.abs(sent - received)).toBeLessThanOrEqual(3 * 4);
  },
  PATIENCE_MS,
);
