/** The interface of either end of a handshake: messages go in one by one, flights come out. */
import type { SecureCloseReason } from '@causeway/media';
import type { SrtpKeyingMaterial } from '../srtp/srtp-keys.ts';
import { AlertDescription } from './dtls-numbers.ts';
import type { HandshakeMessage } from './handshake-message.ts';
import type { RecordCiphers } from './handshake-transcript.ts';

/** One step of a flight; everything after `changeCipherSpec` goes out encrypted. */
export type FlightStep = { readonly kind: 'message'; readonly message: HandshakeMessage } | { readonly kind: 'changeCipherSpec' };

export type Flight = readonly FlightStep[];

export type HandshakeOutcome =
  | { readonly kind: 'continue' }
  /** Unexpected, or cannot be parsed. Anyone may have sent it, so it is ignored. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'flight'; readonly flight: Flight }
  /** Both ends are authenticated. */
  | { readonly kind: 'finished'; readonly flight: Flight; readonly keys: SrtpKeyingMaterial }
  | { readonly kind: 'failed'; readonly reason: SecureCloseReason; readonly alert: number };

export interface Handshake {
  /** Set as soon as the secrets are known: from then on encrypted records can be read. */
  readonly ciphers: RecordCiphers | undefined;
  /** Takes the messages in sequence, each once; Finished only if it came encrypted, all others only if not. */
  handle(message: HandshakeMessage): HandshakeOutcome;
  /** Whether a hello with this random is another client's than the one that was answered, and that one has not gone on. */
  mayBeReplacedBy(clientRandom: Buffer): boolean;
}

export const CONTINUE: HandshakeOutcome = { kind: 'continue' };
export const IGNORED: HandshakeOutcome = { kind: 'ignored' };

export function failed(alert: keyof typeof AlertDescription, reason: SecureCloseReason = 'handshake-failed'): HandshakeOutcome {
  return { kind: 'failed', reason, alert: AlertDescription[alert] };
}

export function toFlight(messages: readonly HandshakeMessage[]): FlightStep[] {
  return messages.map((message) => ({ kind: 'message', message }));
}
