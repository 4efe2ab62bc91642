/** One DTLS association, independent of the implementation: handshake, keys for SRTP, and application data (SCTP). */
import type { CertificateFingerprint, SecureCloseReason } from '@causeway/media';
import type { SrtpKeyingMaterial } from '../srtp/srtp-keys.ts';
import type { LocalCertificate } from './certificate.ts';

export interface DtlsListener {
  onOutput(datagram: Uint8Array): void;
  /** The peer has proved that it holds the key of a certificate we were told to expect. */
  onConnected(keys: SrtpKeyingMaterial): void;
  onData(data: Uint8Array): void;
  /** At most once, and not after `close()`. */
  onClosed(reason: SecureCloseReason): void;
  /** An exception was thrown outside of any call by the owner; the association can no longer be used. */
  onDefect(error: unknown): void;
}

export interface DtlsConnectionOptions {
  readonly role: 'server' | 'client';
  readonly certificate: LocalCertificate;
  readonly remoteFingerprints: readonly CertificateFingerprint[];
  readonly listener: DtlsListener;
}

export interface DtlsConnection {
  /** Never throws, whatever the bytes. */
  handleDatagram(nowMs: number, datagram: Uint8Array): void;
  /** Sends application data; dropped before the handshake has ended. */
  send(data: Uint8Array): void;
  /** Sends close_notify if the peer can read it, and ends all timers. */
  close(): void;
}
