import type { Contestant } from '../contestants/contestant.ts';
import { type ForwardingSample, measureForwarding, runLoad } from './forwarding-window.ts';
import type { TurnsPlan } from './measure-in-turns.ts';

/**
 * Measures contestants side by side, in the same windows. A shared machine is half as fast again in one minute as in the next: what tells them apart
 * must be more than that if they take turns, and need not be if they all have the same. Together they must fit the core they have.
 *
 * @returns samples by contestant, in the order of rounds
 */
export async function measureAtOnce<Name extends string>(
  contestants: readonly Contestant<Name>[],
  { rounds, window, runInMs }: TurnsPlan,
  onRound: (round: number) => void,
): Promise<ReadonlyMap<Name, readonly ForwardingSample[]>> {
  await Promise.all(contestants.map((contestant) => runLoad(contestant, runInMs)));
  const samples = new Map(contestants.map(({ name }): [Name, ForwardingSample[]] => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    onRound(round);
    await Promise.all(
      contestants.map(async (contestant) => samples.get(contestant.name)?.push(await measureForwarding(contestant, window))),
    );
  }
  return samples;
}
