import type { Contestant } from '../src/contestants/contestant.ts';
import { measureScenes, runInMsAt, type SceneShower } from '../src/scenes/measure-scenes.ts';

/** CPU us for ten packets, by scene. */
const MICROS: Readonly<Record<string, number>> = { calm: 70, busy: 90 };

/** Forwards ten packets each time that it carries load. */
class Pretender implements SceneShower<string> {
  readonly name: string;
  readonly process: Contestant<string>['process'];
  readonly #loaded: Set<string>;
  /** Loaded, each time that this one was to pause. */
  readonly together: number[] = [];
  readonly shown: string[] = [];
  #scene = '';
  #micros = 0;
  #loads = 0;

  constructor(name: string, loaded: Set<string>) {
    this.name = name;
    this.#loaded = loaded;
    const ask = async (): Promise<number> => this.#micros;
    this.process = { ask, name, outputTail: '', died: new Promise(() => {}), stop: async () => undefined } as never;
  }

  async growTo(): Promise<void> {}

  async show(scene: string): Promise<void> {
    this.shown.push(scene);
    this.#scene = scene;
  }

  async start(): Promise<void> {
    this.#loaded.add(this.name);
    this.#loads++;
    this.#micros += MICROS[this.#scene] ?? 0;
  }

  async pause(): Promise<void> {
    this.together.push(this.#loaded.size);
    this.#loaded.delete(this.name);
  }

  async progress() {
    const packets = this.#loads * 10;
    return { expected: packets, received: packets, duplicates: 0, checked: 0, corrupted: 0 };
  }

  async takeLatenciesMs(): Promise<number[]> {
    return [];
  }
}

test('calls carry their load at the same time, each in another scene, until each has shown all', async () => {
  const loaded = new Set<string>();
  const rounds: number[] = [];
  const calls = [new Pretender('one', loaded), new Pretender('other', loaded)] as const;

  const rotations = await measureScenes(
    calls,
    ['calm', 'busy'],
    { rounds: 3, window: { warmUpMs: 20, measureMs: 20 }, runInMs: 40 },
    (round) => rounds.push(round),
  );

  // Two run-ins, then a warm-up and a window for each of four rounds; whoever pauses first leaves the other at work.
  expect(calls[0].together).toEqual(new Array(2 + 2 * 4).fill(2));
  expect(calls.map(({ shown }) => shown.join(' '))).toEqual(['calm busy calm busy calm busy', 'busy calm busy calm busy calm']);
  expect(rounds).toEqual([1, 2, 3, 4]);
  expect(rotations).toHaveLength(2);
  for (const rotation of rotations)
    for (const [scene, micros] of Object.entries(MICROS)) {
      const samples = (rotation.get(scene) ?? []).map(({ cpuMicros, forwarded, lost }) => ({ cpuMicros, forwarded, lost }));
      expect(samples).toEqual(new Array(2).fill({ cpuMicros: micros, forwarded: 10, lost: 0 }));
    }
});

test('the more packets a second, the sooner the run-in is over, but not at once', () => {
  expect([250, 500, 5_000].map(runInMsAt)).toEqual([20_000, 10_000, 8_000]);
});
