import { setTimeout as sleep } from 'node:timers/promises';
import { drain } from '@causeway/loadtest';
import type { Contestant, Progress } from '../contestants/contestant.ts';

export interface WindowLength {
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** What one contestant did in one window. */
export interface ForwardingSample {
  readonly cpuMicros: number;
  /** CPU time of the parts that the contestant reports, in its order. */
  readonly partsMicros: readonly number[];
  /** The number of packets that reached a subscriber. */
  readonly forwarded: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly checked: number;
  readonly corrupted: number;
  readonly latenciesMs: readonly number[];
}

/**
 * Runs the load through a contestant and counts. The load pauses before and after until every packet under way has arrived, so packets and
 * CPU time are exactly those of the window.
 */
export async function measureForwarding(contestant: Contestant<string>, length: WindowLength): Promise<ForwardingSample> {
  await runLoad(contestant, length.warmUpMs);
  // Subscribers that have just joined miss what came before their first keyframe, which is not a loss of this window.
  const before = await settle(contestant, 0);
  await contestant.takeLatenciesMs();

  const cpuBefore = await readCpu(contestant);
  await runLoad(contestant, length.measureMs);
  const after = await settle(contestant, before.expected - before.received);
  const cpuAfter = await readCpu(contestant);
  return {
    cpuMicros: cpuAfter.micros - cpuBefore.micros,
    partsMicros: cpuAfter.partsMicros.map((micros, part) => micros - (cpuBefore.partsMicros[part] ?? 0)),
    ...difference(before, after),
    latenciesMs: await contestant.takeLatenciesMs(),
  };
}

/** Carries the load for a while without measuring. */
export async function runLoad(contestant: Contestant<string>, durationMs: number): Promise<void> {
  await contestant.start();
  await sleep(durationMs);
  await contestant.pause();
}

async function readCpu({ process, readPartsMicros }: Contestant<string>) {
  return { micros: await process.ask('cpuMicros'), partsMicros: (await readPartsMicros?.()) ?? [] };
}

/** @param deficit how many of the expected packets are known to be lost */
async function settle(contestant: Contestant<string>, deficit: number): Promise<Progress> {
  let progress: Progress = await contestant.progress();
  await drain(async () => {
    progress = await contestant.progress();
    return progress.expected - progress.received - deficit;
  }, sleep);
  return progress;
}

function difference(before: Progress, after: Progress): Omit<ForwardingSample, 'cpuMicros' | 'partsMicros' | 'latenciesMs'> {
  const forwarded = after.received - before.received;
  return {
    forwarded,
    lost: after.expected - before.expected - forwarded,
    duplicates: after.duplicates - before.duplicates,
    checked: after.checked - before.checked,
    corrupted: after.corrupted - before.corrupted,
  };
}
