import type { LoadContext, RemoteTrack } from '@causeway/loadtest';
import type { CountingSecureSuite } from '@causeway/secure';

export interface AttackContext extends LoadContext {
  readonly suite: CountingSecureSuite;
  /** Of the node, on loopback. */
  readonly udpPort: number;
  /** What the call that runs meanwhile publishes. */
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
  /** The node's reason for dropping what was sent, or one of them: without a count of it the attack did not arrive. */
  readonly counted?: string;
  mount(context: AttackContext): Promise<AttackReport>;
}
