import type { Contestant } from '../contestants/contestant.ts';
import { type ForwardingSample, measureForwarding, runLoad, type WindowLength } from './forwarding-window.ts';
import { interleave } from './rounds.ts';

export interface TurnsPlan {
  readonly rounds: number;
  readonly window: WindowLength;
  /** How long each contestant carries the load before its first window, so that its whole packet path is compiled. */
  readonly runInMs: number;
}

/** Measures contestants whose number of subscribers does not change, in turns. @returns samples by contestant, in the order of rounds */
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
