import type { Contestant } from '../src/contestants/contestant.ts';
import { measureAtOnce } from '../src/measure/measure-at-once.ts';

/** Forwards ten packets each time that it carries load, for 7 us of CPU each. */
class Pretender implements Contestant<string> {
  readonly name: string;
  readonly process: Contestant<string>['process'];
  readonly #loaded: Set<string>;
  /** Loaded, each time that this one was to pause. */
  readonly together: number[] = [];
  #loads = 0;

  constructor(name: string, loaded: Set<string>) {
    this.name = name;
    this.#loaded = loaded;
    const ask = async (): Promise<number> => this.#loads * 70;
    this.process = { ask, name, outputTail: '', died: new Promise(() => {}), stop: async () => undefined } as never;
  }

  async growTo(): Promise<void> {}

  async start(): Promise<void> {
    this.#loaded.add(this.name);
    this.#loads++;
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

test('contestants carry their load at the same time, and each is told its own packets and CPU time, round by round', async () => {
  const loaded = new Set<string>();
  const rounds: number[] = [];
  const contestants = [new Pretender('one', loaded), new Pretender('other', loaded)] as const;

  const samples = await measureAtOnce(contestants, { rounds: 2, window: { warmUpMs: 20, measureMs: 20 }, runInMs: 20 }, (round) =>
    rounds.push(round),
  );

  // The run-in, then a warm-up and a window for each round; whoever pauses first leaves the other at work.
  expect(contestants[0].together).toEqual([2, 2, 2, 2, 2]);
  expect(contestants[1].together).toHaveLength(5);
  expect(rounds).toEqual([1, 2]);
  for (const name of ['one', 'other']) {
    expect(samples.get(name)?.map(({ cpuMicros, forwarded, lost }) => ({ cpuMicros, forwarded, lost }))).toEqual([
      { cpuMicros: 70, forwarded: 10, lost: 0 },
      { cpuMicros: 70, forwarded: 10, lost: 0 },
    ]);
  }
});
