/**
 * `npm run bench -- data` measures what a message of a data channel costs the SFU, how many get through, and how late they are. One
 * publisher sends to one subscriber as fast as messages arrive there, compared with the naive SFU. It also sends to twenty, at a rate or as
 * fast as they arrive where the load generator keeps up with less, and sends small messages to one behind a lossy path.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '@causeway/loadtest';
import type { BenchOptions, DATA_SHAPES } from '../bench-options.ts';
import type { RunningSfu } from '../contestants/sfu-contestant.ts';
import { spreadOf } from '../measure/statistics.ts';
import { formatTable, type Printer } from '../report/table.ts';
import { RunningBench } from '../running-bench.ts';
import type { PathConditions } from './lossy-path.ts';

const SIZES_BYTES = [1 << 10, 16 << 10, 256 << 10] as const;
const MANY = 20;
/** Sizes in bytes of messages to many subscribers; together they amount to some 50 Mbit/s. */
const PACED_BYTES_PER_SECOND = 320_000;
const SMALL_MESSAGES = { sizeBytes: 100, messagesPerSecond: 25 } as const;
/** Half of a round trip of 50 ms. */
const LOSSY: PathConditions = { lossRatio: 0.05, delayMs: 25 };
/** Small messages are few, so a longer run tells more about the latest of them. */
const LOSSY_WINDOW_FACTOR = 5;
const WARM_UP_MS = 1_500;
/** The naive SFU has none. */
const WITHOUT_LIMITS = { CAUSEWAY_MAX_DATA_MBPS_PER_SESSION: '10000', CAUSEWAY_MAX_DATA_MESSAGES_PER_SECOND_PER_SESSION: '1000000' };
const HEADINGS = ['SFU', '1 to N, size', 'sent', 'messages/s each', 'Mbit/s each', 'CPU us/delivery', 'core', 'p50 ms', 'p99 ms'];

interface Scene {
  readonly sizeBytes: number;
  readonly messagesPerSecond: number | 'as many as arrive';
}

/** Subscribers that stay the same for several scenes. */
interface Audience {
  readonly shape: (typeof DATA_SHAPES)[number];
  readonly title: string;
  readonly subscribers: number;
  readonly conditions?: PathConditions;
  readonly contestants: readonly ('causeway' | 'naive')[];
  readonly scenes: readonly Scene[];
  readonly windowFactor?: number;
}

interface Sample {
  readonly messagesPerSecond: number;
  readonly megabitsPerSecond: number;
  readonly cpuMicrosPerMessage: number;
  readonly coreShare: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Row {
  readonly contestant: string;
  readonly audience: Audience;
  readonly scene: Scene;
  readonly samples: Sample[];
}

type DataSfu = RunningSfu<'causeway' | 'naive'>;

export async function runData(options: BenchOptions, { print, note }: Printer): Promise<void> {
  const { rounds, secondsPerWindow } = options;
  print(`Data channels: reliable messages, DTLS and SCTP on both sides, loopback; median of ${rounds} x ${secondsPerWindow} s.`);
  await RunningBench.with(async (bench) => {
    const sfus: DataSfu[] = [await bench.startNode('causeway', WITHOUT_LIMITS)];
    if (options.contestants.includes('naive')) sfus.push((await bench.startSfu('naive')) as DataSfu);
    for (const { name, address } of sfus) {
      for (const load of [bench.load.source, bench.load.crowd]) await load.ask('open', { sfu: name, address });
    }
    const wanted = audiencesOf(options).filter(({ shape }) => options.shapes?.includes(shape) ?? true);
    for (const audience of wanted) {
      const rows = await measureAudience(bench, sfus, audience, options, note);
      print(formatTable(HEADINGS, rows.map(formatRow)));
    }
  });
}

function audiencesOf({ isQuick }: BenchOptions): readonly Audience[] {
  const many = isQuick ? 5 : MANY;
  return [
    {
      shape: 'one',
      title: '1 to 1',
      subscribers: 1,
      contestants: ['causeway', 'naive'],
      scenes: SIZES_BYTES.map((sizeBytes) => ({ sizeBytes, messagesPerSecond: 'as many as arrive' })),
    },
    {
      shape: 'many',
      title: `1 to ${many}`,
      subscribers: many,
      contestants: ['causeway'],
      scenes: SIZES_BYTES.map((sizeBytes) => ({ sizeBytes, messagesPerSecond: Math.max(1, PACED_BYTES_PER_SECOND / sizeBytes) })),
    },
    {
      shape: 'lossy',
      title: `1 to 1 (${100 * LOSSY.lossRatio}% loss, ${2 * LOSSY.delayMs} ms)`,
      subscribers: 1,
      conditions: LOSSY,
      contestants: ['causeway', 'naive'],
      scenes: [SMALL_MESSAGES],
      windowFactor: LOSSY_WINDOW_FACTOR,
    },
  ];
}

async function measureAudience(
  bench: RunningBench,
  sfus: readonly DataSfu[],
  audience: Audience,
  { rounds, secondsPerWindow }: BenchOptions,
  note: Printer['note'],
): Promise<readonly Row[]> {
  const { source, crowd } = bench.load;
  const { title, subscribers, conditions, scenes, windowFactor = 1 } = audience;
  const taking = sfus.filter(({ name }) => audience.contestants.includes(name));
  for (const { name } of taking) {
    const remoteSessionId = await source.ask('publishData', name);
    await crowd.ask('joinData', { sfu: name, remoteSessionId, count: subscribers, conditions });
  }
  const rows = scenes.flatMap((scene) =>
    taking.map((sfu) => ({ sfu, row: { contestant: sfu.name, audience, scene, samples: [] as Sample[] } })),
  );
  for (let round = 0; round <= rounds; round++) {
    for (const { sfu, row } of rows) {
      note(`${sfu.name}, ${title}, ${row.scene.sizeBytes} bytes: round ${round} of ${rounds}`);
      const sample = await measure(bench, sfu, row, 1_000 * secondsPerWindow * windowFactor);
      // Nothing is compiled yet in the first round.
      if (round > 0) row.samples.push(sample);
    }
  }
  for (const { name } of taking) {
    // Subscribers leave first, because a channel that closes under a remaining subscriber is an error.
    await crowd.ask('leaveData', name);
    await source.ask('leaveData', name);
  }
  return rows.map(({ row }) => row);
}

async function measure(
  { load }: RunningBench,
  { name: sfu, process }: DataSfu,
  { audience, scene }: Row,
  measureMs: number,
): Promise<Sample> {
  await load.source.ask('startData', { sfu, ...scene, subscribers: audience.subscribers });
  await sleep(WARM_UP_MS);
  await load.crowd.ask('takeDataTotals', sfu);
  const [cpuBefore, startedMs] = [await process.ask('cpuMicros'), performance.now()];
  await sleep(measureMs);
  const { messages, bytes, delaysMs } = await load.crowd.ask('takeDataTotals', sfu);
  const [spentMicros, tookMs] = [(await process.ask('cpuMicros')) - cpuBefore, performance.now() - startedMs];
  await load.source.ask('pauseData', sfu);
  await sleep(WARM_UP_MS / 3);
  if (messages === 0) throw new Error(`No message has arrived through ${sfu}`);
  return {
    messagesPerSecond: (1_000 * messages) / tookMs / audience.subscribers,
    megabitsPerSecond: (8 * bytes) / tookMs / 1_000 / audience.subscribers,
    cpuMicrosPerMessage: spentMicros / messages,
    coreShare: spentMicros / 1_000 / tookMs,
    p50Ms: quantile(delaysMs, 0.5),
    p99Ms: quantile(delaysMs, 0.99),
  };
}

function formatRow({ contestant, audience, scene, samples }: Row): string[] {
  const median = (of: (sample: Sample) => number): number => spreadOf(samples.map(of)).median;
  const { sizeBytes, messagesPerSecond } = scene;
  return [
    contestant,
    `${audience.title}, ${sizeBytes < 1 << 10 ? `${sizeBytes} B` : `${sizeBytes >> 10} KiB`}`,
    messagesPerSecond === 'as many as arrive' ? 'full speed' : `${messagesPerSecond.toFixed(1)}/s`,
    median((sample) => sample.messagesPerSecond).toFixed(0),
    median((sample) => sample.megabitsPerSecond).toFixed(1),
    median((sample) => sample.cpuMicrosPerMessage).toFixed(0),
    `${(100 * median((sample) => sample.coreShare)).toFixed(0)}%`,
    median((sample) => sample.p50Ms).toFixed(1),
    median((sample) => sample.p99Ms).toFixed(1),
  ];
}
