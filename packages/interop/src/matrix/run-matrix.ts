/** Pairs every publisher with every subscriber, and every client with every other in a call, in every codec that both support. */
import type { ClientName, InteropClient, VideoCodec } from '../clients/interop-client.ts';
import type { InteropStage } from './interop-stage.ts';
import type { Join } from './join.ts';
import { runCall } from './run-call.ts';
import { runRound } from './run-round.ts';
import { runUndisturbed } from './undisturbed.ts';

export interface Plan {
  readonly publishers: readonly ClientName[];
  readonly subscribers: readonly ClientName[];
  readonly codecs: readonly VideoCodec[];
  /** How often each pair of clients is run, in each codec. */
  readonly joins: number;
  /** How often each two clients call each other, in each codec. */
  readonly calls: number;
}

export interface MatrixResult {
  readonly joins: readonly Join[];
  /** Rounds that were run again because the machine had stood still. */
  readonly repetitions: number;
}

type Round = () => Promise<readonly Join[]>;
type OnJoins = (joins: readonly Join[]) => void;

/** @param onJoins called with the joins of each round as soon as they are done */
export function runMatrix(stage: InteropStage, plan: Plan, onJoins: OnJoins): Promise<MatrixResult> {
  const { access } = stage.daemon;
  const rounds = plan.codecs.flatMap((codec) => {
    const subscribers = clientsWith(stage, plan.subscribers, codec);
    return clientsWith(stage, plan.publishers, codec).map((publisher) => () => runRound({ access, publisher, codec, subscribers }));
  });
  return runAll(rounds, plan.joins, onJoins);
}

/** Does the same as `runMatrix` for calls, which use one session for both directions. */
export function runCalls(stage: InteropStage, plan: Plan, onJoins: OnJoins): Promise<MatrixResult> {
  const { access } = stage.daemon;
  const names = plan.publishers.filter((name) => plan.subscribers.includes(name));
  const calls = plan.codecs.flatMap((codec) => {
    return pairsOf(clientsWith(stage, names, codec)).map((parties) => () => runCall({ access, parties, codec }));
  });
  return runAll(calls, plan.calls, onJoins);
}

async function runAll(rounds: readonly Round[], times: number, onJoins: OnJoins): Promise<MatrixResult> {
  const joins: Join[] = [];
  let repeated = 0;
  for (let time = 0; time < times; time += 1) {
    for (const round of rounds) {
      const { result, repetitions } = await runUndisturbed(round);
      joins.push(...result);
      repeated += repetitions;
      onJoins(result);
    }
  }
  return { joins, repetitions: repeated };
}

function clientsWith(stage: InteropStage, names: readonly ClientName[], codec: VideoCodec): InteropClient[] {
  return names.map((name) => stage.client(name)).filter(({ videoCodecs }) => videoCodecs.includes(codec));
}

/** Pairs each client with itself and with those after it. */
function pairsOf(clients: readonly InteropClient[]): (readonly [InteropClient, InteropClient])[] {
  return clients.flatMap((one, index) => clients.slice(index).map((other) => [one, other] as const));
}
