/** Every publisher with every subscriber, and every client in a call with every other, in every codec that both have, as often as asked. */
import type { ClientName, InteropClient, VideoCodec } from '../clients/interop-client.ts';
import type { InteropStage } from './interop-stage.ts';
import type { Join } from './join.ts';
import { runCall } from './run-call.ts';
import { runRound } from './run-round.ts';

export interface Plan {
  readonly publishers: readonly ClientName[];
  readonly subscribers: readonly ClientName[];
  readonly codecs: readonly VideoCodec[];
  /** Of each pair, in each codec. */
  readonly joins: number;
  /** Of each two clients that both publish and subscribe, in each codec. */
  readonly calls: number;
}

type OnJoins = (joins: readonly Join[]) => void;

/** @param onJoins told the joins of each round as soon as they are done */
export async function runMatrix(stage: InteropStage, plan: Plan, onJoins: OnJoins): Promise<Join[]> {
  const all: Join[] = [];
  for (let repetition = 0; repetition < plan.joins; repetition += 1) {
    for (const codec of plan.codecs) {
      const hasCodec = (name: ClientName): boolean => stage.client(name).videoCodecs.includes(codec);
      const subscribers = plan.subscribers.filter(hasCodec).map((name) => stage.client(name));
      for (const publisher of plan.publishers.filter(hasCodec)) {
        const joins = await runRound({ access: stage.daemon.access, publisher: stage.client(publisher), codec, subscribers });
        all.push(...joins);
        onJoins(joins);
      }
    }
  }
  return all;
}

/** As `runMatrix`, for calls: one session for both directions. */
export async function runCalls(stage: InteropStage, plan: Plan, onJoins: OnJoins): Promise<Join[]> {
  const names = plan.publishers.filter((name) => plan.subscribers.includes(name));
  const all: Join[] = [];
  for (let repetition = 0; repetition < plan.calls; repetition += 1) {
    for (const codec of plan.codecs) {
      const clients = names.map((name) => stage.client(name)).filter(({ videoCodecs }) => videoCodecs.includes(codec));
      for (const parties of pairsOf(clients)) {
        const joins = await runCall({ access: stage.daemon.access, parties, codec });
        all.push(...joins);
        onJoins(joins);
      }
    }
  }
  return all;
}

/** Each with itself and with those after it. */
function pairsOf(clients: readonly InteropClient[]): (readonly [InteropClient, InteropClient])[] {
  return clients.flatMap((one, index) => clients.slice(index).map((other) => [one, other] as const));
}
