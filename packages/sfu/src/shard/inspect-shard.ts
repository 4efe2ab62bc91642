import type { Engine, ForwardLatency } from '@causeway/media';
import type { CountingSecureSuite } from '@causeway/secure';
import type { ShardInspection } from '../inspection.ts';
import type { UdpPort } from '../io/udp-port.ts';
import type { HandshakeTurns } from './turns.ts';

export interface ShardParts {
  readonly engine: Engine;
  readonly port: UdpPort;
  readonly suite: CountingSecureSuite;
  readonly handshakes: HandshakeTurns;
  readonly latency: ForwardLatency;
}

/** @returns a copy of a shard's state and counters */
export function inspectShard({ engine, port, suite, handshakes, latency }: ShardParts): ShardInspection {
  const { refused, dropped } = port.sendCounters;
  const { dtlsCounters: dtls, srtpCounters: srtp } = suite;
  return {
    objects: {
      engine: engine.census(),
      secure: suite.census(),
      udp: { ...port.counts, waitingHandshakes: handshakes.waiting },
    },
    traffic: { ...engine.traffic },
    metering: engine.meteringBalance(),
    latencies: { forward: latency.snapshot(), firstFrame: engine.firstFrames() },
    estimates: engine.pathEstimates(),
    drops: engine.drops(),
    sends: { refused: { ...refused }, dropped: { ...dropped } },
    receives: { overflows: port.receiver?.overflows ?? 0 },
    discards: { dtls: { ...dtls }, srtp: { ...srtp }, sctp: { ...engine.dataCounters } },
  };
}

/** Adds up the state and counters of several shards. @param inspections at least one */
export function sumInspections(inspections: readonly ShardInspection[]): ShardInspection {
  return inspections.reduce((sum, each) => addInspections(sum, each));
}

type Counts = number | readonly number[] | { readonly [name: string]: Counts };

/** Inspections consist only of counts: nested records and lists of numbers, the same in all shards. */
function addInspections(one: ShardInspection, other: ShardInspection): ShardInspection {
  return addCounts(one as object as Counts, other as object as Counts) as object as ShardInspection;
}

function addCounts(one: Counts, other: Counts | undefined): Counts {
  if (typeof one === 'number') return one + Number(other);
  if (isList(one)) return one.map((value, index) => value + (isList(other) ? (other[index] ?? 0) : 0));
  const counterparts = typeof other === 'object' && !isList(other) ? other : {};
  return Object.fromEntries(Object.entries(one).map(([name, value]) => [name, addCounts(value, counterparts[name])]));
}

function isList(counts: Counts | undefined): counts is readonly number[] {
  return Array.isArray(counts);
}
