import type { Engine } from '@causeway/media';
import type { CountingSecureSuite } from '@causeway/secure';
import type { ShardInspection } from '../inspection.ts';
import type { UdpPort } from '../io/udp-port.ts';
import type { HandshakeTurns } from './handshake-turns.ts';

export interface ShardParts {
  readonly engine: Engine;
  readonly port: UdpPort;
  readonly suite: CountingSecureSuite;
  readonly handshakes: HandshakeTurns;
}

/** @returns a copy of a shard's state and counters */
export function inspectShard({ engine, port, suite, handshakes }: ShardParts): ShardInspection {
  const { refused, dropped } = port.sendCounters;
  const { dtlsCounters: dtls, srtpCounters: srtp } = suite;
  return {
    objects: {
      engine: engine.census(),
      secure: suite.census(),
      udp: { ...port.counts, waitingHandshakes: handshakes.waiting },
    },
    traffic: { ...engine.traffic },
    estimates: engine.pathEstimates(),
    drops: engine.drops(),
    sends: { refused: { ...refused }, dropped: { ...dropped } },
    receives: { overflows: port.receiver?.overflows ?? 0 },
    discards: { dtls: { ...dtls }, srtp: { ...srtp }, sctp: { ...engine.dataCounters } },
  };
}

/** Adds up the state and counters of several shards. @param inspections at least one */
export function sumInspections(inspections: readonly ShardInspection[]): ShardInspection {
  return inspections.reduce((sum, each) => addCounts(sum, each));
}

/** Inspections consist only of counts: nested records of numbers, the same in all shards. */
function addCounts<Counts extends object>(one: Counts, other: Counts): Counts {
  const added = Object.entries(one).map(([name, value]) => {
    const counterpart: unknown = other[name as keyof Counts];
    return [name, typeof value === 'number' ? value + Number(counterpart) : addCounts(value as object, counterpart as object)];
  });
  return Object.fromEntries(added) as Counts;
}
