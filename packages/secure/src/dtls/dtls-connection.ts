/** The interface of a DTLS association: handshake, keys for SRTP, and application data (SCTP). */
import type { CertificateFingerprint, SecureCloseReason, Timers } from '@causeway/media';
import type { SrtpKeyingMaterial } from '../srtp/srtp-keys.ts';
import type { LocalCertificate } from './certificate.ts';

export interface DtlsListener {
  onOutput(datagram: Uint8Array): void;
  /** The peer has proven that it holds the key of an expected certificate. */
  onConnected(keys: SrtpKeyingMaterial): void;
  onData(data: Uint8Array): void;
  /** Called at most once, and not after `close()`. */
  onClosed(reason: SecureCloseReason): void;
  /** A timer threw an exception, so the association can no longer be used. */
  onDefect(error: unknown): void;
}

export interface DtlsConnectionOptions {
  readonly role: 'server' | 'client';
  readonly certificate: LocalCertificate;
  readonly remoteFingerprints: readonly CertificateFingerprint[];
  readonly listener: DtlsListener;
  /** On the clock of `handleDatagram`. A client sends its first flight when they next run. */
  readonly timers: Timers;
  /**
   * Whether a packet has arrived that was protected with the keys of this handshake, which proves that the peer has finished it. Default:
   * not known.
   */
  readonly isPeerHeard?: () => boolean;
}

export interface DtlsConnection {
  /** Whether the peer is known to have finished the handshake, or no longer requests its last flight. */
  readonly hasPeerFinished: boolean;
  /** Never throws, even for malformed input. */
  handleDatagram(nowMs: number, datagram: Uint8Array): void;
  /** Sends application data. Dropped if the handshake has not ended. */
  send(data: Uint8Array): void;
  /** Sends close_notify if the peer can decrypt it, and stops all timers. */
  close(): void;
}
