import type { Contestant, ContestantName } from '../contestants/contestant.ts';
import { type ForwardingSample, measureForwarding, runLoad, type WindowLength } from './forwarding-window.ts';
import { interleave } from './rounds.ts';

export interface ForwardingPlan {
  /** In ascending order, since subscribers are only added. */
  readonly subscriberCounts: readonly number[];
  readonly rounds: number;
  readonly window: WindowLength;
  /** How long each contestant carries the load before its first window, so that its whole packet path is compiled. */
  readonly runInMs: number;
}

/** All rounds of all contestants at one number of subscribers. */
export interface ForwardingResult {
  readonly subscribers: number;
  /** In the order of rounds, so that samples at the same position were measured within seconds of each other. */
  readonly samples: ReadonlyMap<ContestantName, readonly ForwardingSample[]>;
}

export interface ForwardingListener {
  /** Called as each turn begins, because turns take seconds and the user should see progress. */
  onTurn(subscribers: number, name: ContestantName): void;
  onResult(result: ForwardingResult): void;
}

/** Measures every contestant at every number of subscribers, taking turns. */
export async function measureForwardingRounds(
  contestants: readonly Contestant[],
  plan: ForwardingPlan,
  listener: ForwardingListener,
): Promise<void> {
  for (const [place, subscribers] of plan.subscriberCounts.entries()) {
    for (const contestant of contestants) await contestant.growTo(subscribers);
    if (place === 0) for (const contestant of contestants) await runLoad(contestant, plan.runInMs);
    const samples = new Map(contestants.map(({ name }): [ContestantName, ForwardingSample[]] => [name, []]));
    for (const contestant of interleave(contestants, plan.rounds)) {
      listener.onTurn(subscribers, contestant.name);
      samples.get(contestant.name)?.push(await measureForwarding(contestant, plan.window));
    }
    listener.onResult({ subscribers, samples });
  }
}
