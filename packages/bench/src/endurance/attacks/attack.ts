import type { LoadContext, RemoteTrack } from '@causeway/loadtest';
import type { CountingSecureSuite } from '@causeway/secure';

export interface AttackContext extends LoadContext {
  readonly suite: CountingSecureSuite;
  /** The node's media port on loopback. */
  readonly udpPort: number;
  /** The track that the call beside the attack publishes. */
  readonly track: RemoteTrack;
  readonly durationMs: number;
}

export interface AttackReport {
  /** The number of datagrams, or of what `unit` names. */
  readonly sent: number;
  readonly unit?: string;
  /** What the attacker got although it must not, in words. */
  readonly success?: string;
}

/** One of the twelve ways in which werift could be harmed (docs/security/threat-model.md), against a live node. */
export interface Attack {
  /** Its number: `W01` and so on. */
  readonly name: string;
  readonly what: string;
  /** Samples of the node's metrics that the attack increases. If one does not rise, the attack did not arrive. */
  readonly counted: readonly string[];
  mount(context: AttackContext): Promise<AttackReport>;
}

/** Returns the metric of packets that the node dropped for a reason. */
export function dropped(reason: string): string {
  return `causeway_packets_dropped_total{reason="${reason}"}`;
}

/** Returns the metric of what DTLS or SCTP of the node discarded. */
export function discarded(protocol: 'dtls' | 'sctp', cause: string): string {
  return `causeway_secure_discarded_total{protocol="${protocol}",cause="${cause}"}`;
}
