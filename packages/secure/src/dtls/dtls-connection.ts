/** One DTLS association, independent of the implementation: handshake, keys for SRTP, and application data (SCTP). */
import type { CertificateFingerprint, SecureCloseReason, Timers } from '@causeway/media';
import type { SrtpKeyingMaterial } from '../srtp/srtp-keys.ts';
import type { LocalCertificate } from './certificate.ts';

export interface DtlsListener {
  onOutput(datagram: Uint8Array): void;
  /** The peer has proved that it holds the key of a certificate we were told to expect. */
  onConnected(keys: SrtpKeyingMaterial): void;
  onData(data: Uint8Array): void;
  /** At most once, and not after `close()`. */
  onClosed(reason: SecureCloseReason): void;
  /** An exception was thrown when a timer was due; the association can no longer be used. */
  onDefect(error: unknown): void;
}

export interface DtlsConnectionOptions {
  readonly role: 'server' | 'client';
  readonly certificate: LocalCertificate;
  readonly remoteFingerprints: readonly CertificateFingerprint[];
  readonly listener: DtlsListener;
  /** On the clock of `handleDatagram`. A client sends its first flight when they run next. */
  readonly timers: Timers;
  /** Whether something has come that was protected with the keys of this handshake, and so the peer has finished it. Default: not known. */
  readonly isPeerHeard?: () => boolean;
}

export interface DtlsConnection {
  /** The peer is known to have finished the handshake, or has stopped asking for its end. */
  readonly hasPeerFinished: boolean;
  /** Never throws, whatever the bytes. */
  handleDatagram(nowMs: number, datagram: Uint8Array): void;
  /** Sends application data; dropped before the handshake has ended. */
  send(data: Uint8Array): void;
  /** Sends close_notify if the peer can read it, and ends all timers. */
  close(): void;
}
