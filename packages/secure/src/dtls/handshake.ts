/** The interface of one end of a handshake, which takes messages one by one and returns flights. */
import type { SecureCloseReason } from '@causeway/media';
import type { SrtpKeyingMaterial } from '../srtp/srtp-keys.ts';
import { AlertDescription } from './dtls-numbers.ts';
import type { HandshakeMessage } from './handshake-message.ts';
import type { RecordCiphers } from './handshake-transcript.ts';

/** One step of a flight. Everything after `changeCipherSpec` is encrypted. */
export type FlightStep = { readonly kind: 'message'; readonly message: HandshakeMessage } | { readonly kind: 'changeCipherSpec' };

export type Flight = readonly FlightStep[];

export type HandshakeOutcome =
  | { readonly kind: 'continue' }
  /** The message was unexpected or malformed. Anyone could have sent it, so it is ignored. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'flight'; readonly flight: Flight }
  /** Both ends are authenticated. */
  | { readonly kind: 'finished'; readonly flight: Flight; readonly keys: SrtpKeyingMaterial }
  | { readonly kind: 'failed'; readonly reason: SecureCloseReason; readonly alert: number };

export interface Handshake {
  /** Set as soon as the secrets are known, so that encrypted records can be decrypted. */
  readonly ciphers: RecordCiphers | undefined;
  /** Takes each message once, in sequence. Finished must have been encrypted, and all others not. */
  handle(message: HandshakeMessage): HandshakeOutcome;
  /** Whether a hello with this random is from a client other than the one that was answered, and that one has not continued. */
  mayBeReplacedBy(clientRandom: Buffer): boolean;
}

export const CHANGE_CIPHER_SPEC: FlightStep = { kind: 'changeCipherSpec' };
export const CONTINUE: HandshakeOutcome = { kind: 'continue' };
export const IGNORED: HandshakeOutcome = { kind: 'ignored' };

export function failed(alert: keyof typeof AlertDescription, reason: SecureCloseReason = 'handshake-failed'): HandshakeOutcome {
  return { kind: 'failed', reason, alert: AlertDescription[alert] };
}

export function toFlight(messages: readonly HandshakeMessage[]): FlightStep[] {
  return messages.map((message) => ({ kind: 'message', message }));
}
