/**
 * `npm run bench -- data`: what a message of a data channel costs the SFU, how many get through, and how late they
 * are. One publisher sends to one subscriber as fast as messages arrive there, and to twenty at a rate that the load
 * generator can take.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '@causeway/loadtest';
import type { BenchOptions } from '../bench-options.ts';
import { spreadOf } from '../measure/statistics.ts';
import { formatTable, type Printer } from '../report/table.ts';
import { RunningBench } from '../running-bench.ts';

const SIZES_BYTES = [1 << 10, 16 << 10, 256 << 10] as const;
const MANY = 20;
/** To each of many, in bytes: together some 50 Mbit/s. */
const PACED_BYTES_PER_SECOND = 320_000;
const WARM_UP_MS = 1_500;

interface Scene {
  readonly sizeBytes: number;
  readonly subscribers: number;
  readonly messagesPerSecond: number | 'as many as arrive';
}

interface Sample {
  readonly messagesPerSecond: number;
  readonly megabitsPerSecond: number;
  readonly cpuMicrosPerMessage: number;
  readonly coreShare: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export async function runData({ rounds, secondsPerWindow, isQuick }: BenchOptions, { print, note }: Printer): Promise<void> {
  const scenes = [1, isQuick ? 5 : MANY].flatMap((subscribers) => SIZES_BYTES.map((sizeBytes) => sceneOf(sizeBytes, subscribers)));
  const samples = new Map<Scene, Sample[]>();
  await RunningBench.with(async (bench) => {
    // A page may send 5,000 messages a second; more than that is another measurement.
    const { name: sfu, process, address } = await bench.startNode('causeway', {});
    for (const load of [bench.load.source, bench.load.crowd]) await load.ask('open', { sfu, address });
    for (const subscribers of new Set(scenes.map((scene) => scene.subscribers))) {
      const remoteSessionId = await bench.load.source.ask('publishData', sfu);
      await bench.load.crowd.ask('joinData', { sfu, remoteSessionId, count: subscribers });
      for (let round = 0; round <= rounds; round++) {
        for (const scene of scenes.filter((each) => each.subscribers === subscribers)) {
          note(`1 to ${subscribers}, ${scene.sizeBytes} bytes: round ${round} of ${rounds}`);
          await bench.load.source.ask('startData', { sfu, ...scene });
          const sample = await measure(bench, sfu, () => process.ask('cpuMicros'), { ...scene, measureMs: 1_000 * secondsPerWindow });
          await bench.load.source.ask('pauseData', sfu);
          await sleep(WARM_UP_MS / 3);
          // The first round finds nothing compiled.
          if (round > 0) samples.set(scene, [...(samples.get(scene) ?? []), sample]);
        }
      }
      // Subscribers first: a channel that closes under one that stays is an error.
      await bench.load.crowd.ask('leaveData', sfu);
      await bench.load.source.ask('leaveData', sfu);
    }
  });
  print(`Data channels: reliable messages, DTLS and SCTP on both sides, loopback; median of ${rounds} x ${secondsPerWindow} s.`);
  print(
    formatTable(
      ['1 to N, size', 'sent', 'messages/s each', 'Mbit/s each', 'CPU us/delivery', 'core', 'p50 ms', 'p99 ms'],
      [...samples].map(formatRow),
    ),
  );
}

function sceneOf(sizeBytes: number, subscribers: number): Scene {
  const messagesPerSecond = subscribers === 1 ? 'as many as arrive' : Math.max(1, PACED_BYTES_PER_SECOND / sizeBytes);
  return { sizeBytes, subscribers, messagesPerSecond };
}

async function measure(
  { load }: RunningBench,
  sfu: string,
  cpuMicros: () => Promise<number>,
  { subscribers, measureMs }: Scene & { readonly measureMs: number },
): Promise<Sample> {
  await sleep(WARM_UP_MS);
  await load.crowd.ask('takeDataTotals', sfu);
  const [cpuBefore, startedMs] = [await cpuMicros(), performance.now()];
  await sleep(measureMs);
  const { messages, bytes, delaysMs } = await load.crowd.ask('takeDataTotals', sfu);
  const [spentMicros, tookMs] = [(await cpuMicros()) - cpuBefore, performance.now() - startedMs];
  if (messages === 0) throw new Error('No message has arrived');
  return {
    messagesPerSecond: (1_000 * messages) / tookMs / subscribers,
    megabitsPerSecond: (8 * bytes) / tookMs / 1_000 / subscribers,
    cpuMicrosPerMessage: spentMicros / messages,
    coreShare: spentMicros / 1_000 / tookMs,
    p50Ms: quantile(delaysMs, 0.5),
    p99Ms: quantile(delaysMs, 0.99),
  };
}

function formatRow([{ sizeBytes, subscribers, messagesPerSecond }, samples]: [Scene, Sample[]]): string[] {
  const median = (of: (sample: Sample) => number): number => spreadOf(samples.map(of)).median;
  return [
    `1 to ${subscribers}, ${sizeBytes >> 10} KiB`,
    messagesPerSecond === 'as many as arrive' ? 'full speed' : `${messagesPerSecond.toFixed(1)}/s`,
    median((sample) => sample.messagesPerSecond).toFixed(0),
    median((sample) => sample.megabitsPerSecond).toFixed(1),
    median((sample) => sample.cpuMicrosPerMessage).toFixed(0),
    `${(100 * median((sample) => sample.coreShare)).toFixed(0)}%`,
    median((sample) => sample.p50Ms).toFixed(1),
    median((sample) => sample.p99Ms).toFixed(1),
  ];
}
