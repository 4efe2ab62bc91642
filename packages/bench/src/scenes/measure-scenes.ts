import { type ForwardingSample, measureForwarding, runLoad, type WindowLength } from '../measure/forwarding-window.ts';
import { quotientOfTotals } from '../measure/statistics.ts';
import type { StagedCall } from './staged-call.ts';

export interface ScenesPlan {
  /** Windows of each call, at least; there are as many as let each show every scene equally often. */
  readonly rounds: number;
  readonly window: WindowLength;
  /** Load that all carry before the first window, until the compiler has seen all of their packet path. */
  readonly runInMs: number;
}

/** What was measured while every call has shown every scene once. */
export type Rotation<Scene extends string> = ReadonlyMap<Scene, readonly ForwardingSample[]>;

/** What of a call `measureScenes` needs. */
export type SceneShower<Scene extends string> = Pick<StagedCall<Scene>, 'show' | keyof Parameters<typeof measureForwarding>[0]>;

/**
 * Measures as many calls as there are scenes side by side, each of them in another scene, and lets them change places from one window to the next.
 *
 * A shared machine is half as fast again in one minute as in the next, so all are measured at the same time; and two processes that do the same
 * differ, by microseconds a packet and for as long as they live, as their code and memory happen to lie, so each shows everything. Together
 * they must fit the core they have.
 */
export async function measureScenes<Scene extends string>(
  calls: readonly SceneShower<Scene>[],
  scenes: readonly Scene[],
  { rounds, window, runInMs }: ScenesPlan,
  onRound: (round: number) => void,
): Promise<Rotation<Scene>[]> {
  const sceneOf = (place: number, turn: number): Scene => scenes[(place + turn) % scenes.length] as Scene;
  const takePlaces = async (turn: number): Promise<void> => {
    for (const [place, call] of calls.entries()) await call.show(sceneOf(place, turn));
  };
  for (let turn = 0; turn < scenes.length; turn++) {
    await takePlaces(turn);
    await Promise.all(calls.map((call) => runLoad(call, runInMs / scenes.length)));
  }
  const rotations: Rotation<Scene>[] = [];
  for (let round = 0; round < rounds; ) {
    const samples = new Map(scenes.map((scene): [Scene, ForwardingSample[]] => [scene, []]));
    for (let turn = 0; turn < scenes.length; turn++) {
      onRound(++round);
      await takePlaces(turn);
      await Promise.all(calls.map(async (call, place) => samples.get(sceneOf(place, turn))?.push(await measureForwarding(call, window))));
    }
    rotations.push(samples);
  }
  return rotations;
}

/** @returns CPU us for each packet that reached a subscriber, over all samples. @param spentMicros what counts of a sample */
export function microsPerDelivery(samples: readonly ForwardingSample[], spentMicros: (sample: ForwardingSample) => number): number {
  return quotientOfTotals(
    samples.map(spentMicros),
    samples.map(({ forwarded }) => forwarded),
  );
}

/** By 20 s of a track of 250 packets/s all of the packet path is optimized; the compiler counts calls, not time. */
const RUN_IN_PACKETS = 5_000;
/** It also has to get round to it. */
const LEAST_RUN_IN_MS = 8_000;

export function runInMsAt(packetsPerSecond: number): number {
  return Math.max(LEAST_RUN_IN_MS, (1000 * RUN_IN_PACKETS) / packetsPerSecond);
}
