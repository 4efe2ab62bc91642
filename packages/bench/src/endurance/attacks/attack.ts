import type { LoadContext, RemoteTrack } from '@causeway/loadtest';
import type { CountingSecureSuite } from '@causeway/secure';

export interface AttackContext extends LoadContext {
  readonly suite: CountingSecureSuite;
  /** Of the node, on loopback. */
  readonly udpPort: number;
  /** What the call that runs beside the attack publishes. */
  readonly track: RemoteTrack;
  readonly durationMs: number;
}

export interface AttackReport {
  /** Datagrams, or whatever `unit` says. */
  readonly sent: number;
  readonly unit?: string;
  /** What the attacker got that it must not get, in words. */
  readonly success?: string;
}

/** One of the twelve ways in which werift could be harmed (docs/security/threat-model.md), against a live node. */
export interface Attack {
  /** `W01` and so on. */
  readonly name: string;
  readonly what: string;
  /** What the node counts of it, samples of its metrics: where one does not rise, the attack did not arrive. */
  readonly counted: readonly string[];
  mount(context: AttackContext): Promise<AttackReport>;
}

/** Packets that the node dropped for a reason. */
export function dropped(reason: string): string {
  return `causeway_packets_dropped_total{reason="${reason}"}`;
}

/** What DTLS or SCTP of the node threw away. */
export function discarded(protocol: 'dtls' | 'sctp', cause: string): string {
  return `causeway_secure_discarded_total{protocol="${protocol}",cause="${cause}"}`;
}
