import { type ForwardingSample, measureForwarding, runLoad, type WindowLength } from '../measure/forwarding-window.ts';
import { quotientOfTotals } from '../measure/statistics.ts';
import type { StagedCall } from './staged-call.ts';

export interface ScenesPlan {
  /** The least number of windows for each call. There are as many as it takes to show every scene equally often. */
  readonly rounds: number;
  readonly window: WindowLength;
  /** How long all calls carry the load before the first window, so that their whole packet path is compiled. */
  readonly runInMs: number;
}

/** The samples of one pass in which every call has shown every scene once. */
export type Rotation<Scene extends string> = ReadonlyMap<Scene, readonly ForwardingSample[]>;

/** The part of a call that `measureScenes` uses. */
export type SceneShower<Scene extends string> = Pick<StagedCall<Scene>, 'show' | keyof Parameters<typeof measureForwarding>[0]>;

/**
 * Measures as many calls side by side as there are scenes, each in another scene, and rotates the scenes from one window to the next.
 *
 * A shared machine may be half as fast again in one minute as in the next, so all scenes are measured at the same time. Two processes that
 * do the same differ by microseconds for each packet, for as long as they live, because of the positions of their code and memory, so each
 * process shows every scene. Together they must fit on their core.
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

/** @returns CPU us for each packet that reached a subscriber, over all samples @param spentMicros returns what counts of a sample */
export function microsPerDelivery(samples: readonly ForwardingSample[], spentMicros: (sample: ForwardingSample) => number): number {
  return quotientOfTotals(
    samples.map(spentMicros),
    samples.map(({ forwarded }) => forwarded),
  );
}

/** The whole packet path is optimized after 20 s of a track of 250 packets/s, because the compiler counts calls rather than time. */
const RUN_IN_PACKETS = 5_000;
/** The compiler also takes some time. */
const LEAST_RUN_IN_MS = 8_000;

export function runInMsAt(packetsPerSecond: number): number {
  return Math.max(LEAST_RUN_IN_MS, (1000 * RUN_IN_PACKETS) / packetsPerSecond);
}
