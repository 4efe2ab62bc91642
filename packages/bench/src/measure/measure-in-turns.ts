import type { Contestant } from '../contestants/contestant.ts';
import { type ForwardingSample, measureForwarding, runLoad, type WindowLength } from './forwarding-window.ts';
import { interleave } from './rounds.ts';

export interface TurnsPlan {
  readonly rounds: number;
  readonly window: WindowLength;
  /** Load that each contestant carries before its first window, until the compiler has seen all of its packet path. */
  readonly runInMs: number;
}

/** Measures contestants that are what they will be, taking turns. @returns samples by contestant, in the order of rounds */
export async function measureInTurns<Name extends string>(
  contestants: readonly Contestant<Name>[],
  { rounds, window, runInMs }: TurnsPlan,
  onTurn: (name: Name) => void,
): Promise<ReadonlyMap<Name, readonly ForwardingSample[]>> {
  for (const contestant of contestants) await runLoad(contestant, runInMs);
  const samples = new Map(contestants.map(({ name }): [Name, ForwardingSample[]] => [name, []]));
  for (const contestant of interleave(contestants, rounds)) {
    onTurn(contestant.name);
    samples.get(contestant.name)?.push(await measureForwarding(contestant, window));
  }
  return samples;
}
