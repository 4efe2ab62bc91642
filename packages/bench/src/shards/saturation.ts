/**
 * Measures how many packets a second a node forwards before it loses some. Calls are added until it does, or until more of them add
 * nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningSfu } from '../contestants/sfu-contestant.ts';
import type { LoadVerbs } from '../load/load-verbs.ts';
import type { BenchProcess } from '../processes/bench-process.ts';

export interface SaturationLoad {
  readonly packetsPerSecond: number;
  readonly packetBytes: number;
  /** The number of subscribers of each call, which has one publisher. */
  readonly subscribersPerCall: number;
  readonly callsPerStep: number;
  readonly stepMs: number;
  /** The most steps, because the machine has its limits. */
  readonly maxSteps: number;
}

export interface Saturation {
  readonly packetsPerSecond: number;
  readonly calls: number;
}

const BEARABLE_LOSS = 0.005;
/** A step that adds less than this share of what it should is the last one. */
const WORTHWHILE_SHARE = 0.5;
const WARM_UP_MS = 1_000;
const JOINS_AT_ONCE = 4;

/** @param crowds processes that share the subscribers */
export async function measureSaturation(
  { name: sfu, address }: RunningSfu<string>,
  load: SaturationLoad,
  source: BenchProcess<LoadVerbs>,
  crowds: readonly BenchProcess<LoadVerbs>[],
): Promise<Saturation> {
  for (const process of [source, ...crowds]) await process.ask('open', { sfu, address });
  const received = async (): Promise<number> =>
    sum(await Promise.all(crowds.map(async (crowd) => (await crowd.ask('totals', sfu)).received)));
  let best: Saturation = { packetsPerSecond: 0, calls: 0 };
  for (let step = 1; step <= load.maxSteps; step++) {
    for (let call = 0; call < load.callsPerStep; call++) await addCall(sfu, load, source, crowds);
    await source.ask('start', sfu);
    await sleep(WARM_UP_MS);
    const [receivedBefore, { sent: sentBefore }, beganMs] = [await received(), await source.ask('totals', sfu), performance.now()];
    await sleep(load.stepMs);
    const [receivedAfter, { sent }, endedMs] = [await received(), await source.ask('totals', sfu), performance.now()];
    await source.ask('pause', sfu);
    const forwarded = receivedAfter - receivedBefore;
    const lossShare = 1 - forwarded / ((sent - sentBefore) * load.subscribersPerCall);
    const packetsPerSecond = (1000 * forwarded) / (endedMs - beganMs);
    const wanted = load.callsPerStep * load.packetsPerSecond * load.subscribersPerCall;
    const gained = packetsPerSecond - best.packetsPerSecond;
    if (gained > 0) best = { packetsPerSecond, calls: step * load.callsPerStep };
    if (lossShare > BEARABLE_LOSS || gained < WORTHWHILE_SHARE * wanted) break;
  }
  return best;
}

async function addCall(
  sfu: string,
  { packetsPerSecond, packetBytes, subscribersPerCall }: SaturationLoad,
  source: BenchProcess<LoadVerbs>,
  crowds: readonly BenchProcess<LoadVerbs>[],
): Promise<void> {
  const track = await source.ask('publish', { sfu, options: { packetsPerSecond, packetBytes } });
  await Promise.all(
    crowds.map((crowd, index) => {
      const count = Math.floor((subscribersPerCall + index) / crowds.length);
      return crowd.ask('join', { sfu, tracks: [track], count, atOnce: JOINS_AT_ONCE, diligence: 'count' });
    }),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
