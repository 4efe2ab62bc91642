/** Every publisher with every subscriber, in every codec that both have, as often as asked. */
import type { ClientName, VideoCodec } from '../clients/interop-client.ts';
import type { InteropStage } from './interop-stage.ts';
import type { Join } from './join.ts';
import { runRound } from './run-round.ts';

export interface Plan {
  readonly publishers: readonly ClientName[];
  readonly subscribers: readonly ClientName[];
  readonly codecs: readonly VideoCodec[];
  /** Of each pair, in each codec. */
  readonly joins: number;
}

/** @param onJoins told the joins of each round as soon as they are done */
export async function runMatrix(stage: InteropStage, plan: Plan, onJoins: (joins: readonly Join[]) => void): Promise<Join[]> {
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
