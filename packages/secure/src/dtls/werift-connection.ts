/** DTLS by werift, fenced: records are checked before it sees them, its promises are caught, its verdicts are not trusted. */

import type { SrtpProfile } from '@causeway/media';
import { DtlsClient, DtlsServer, type DtlsSocket, HashAlgorithm, SignatureAlgorithm } from 'werift';
import { exportedKeysLength, splitExportedKeys } from '../srtp/srtp-keys.ts';
import { type LocalCertificate, matchesFingerprint } from './certificate.ts';
import type { DtlsConnection, DtlsConnectionOptions } from './dtls-connection.ts';

const PROFILE_BY_ID: ReadonlyMap<number, SrtpProfile> = new Map([
  [1, 'AES_CM_128_HMAC_SHA1_80'],
  [7, 'AEAD_AES_128_GCM'],
]);

const RECORD_HEADER_LENGTH = 13;
const HANDSHAKE_TIMEOUT_MS = 30_000;

export class WeriftConnection implements DtlsConnection {
  readonly #options: DtlsConnectionOptions;
  readonly #socket: DtlsSocket;
  readonly #transport: ReturnType<typeof createTransport>;
  readonly #deadline: NodeJS.Timeout;
  #state: 'connecting' | 'connected' | 'closed' = 'connecting';

  constructor(options: DtlsConnectionOptions) {
    this.#options = options;
    this.#transport = createTransport((bytes) => {
      if (this.#state !== 'closed') options.listener.onOutput(Uint8Array.from(bytes));
    });
    const settings = {
      transport: this.#transport,
      cert: toPem('CERTIFICATE', options.certificate),
      key: options.certificate.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      signatureHash: { hash: HashAlgorithm.sha256_4, signature: SignatureAlgorithm.ecdsa_3 },
      srtpProfiles: [1, 7] as (1 | 7)[],
      extendedMasterSecret: true,
      certificateRequest: options.role === 'server',
    };
    this.#deadline = setTimeout(() => this.#fail('handshake-timeout'), HANDSHAKE_TIMEOUT_MS).unref();
    if (options.role === 'server') {
      this.#socket = new DtlsServer(settings);
    } else {
      const client = new DtlsClient(settings);
      this.#socket = client;
      queueMicrotask(() => client.connect().catch(() => this.#fail('handshake-failed')));
    }
    this.#socket.onConnect.subscribe(() => this.#handleConnect());
    this.#socket.onData.subscribe((data) => {
      if (this.#state === 'connected') options.listener.onData(data);
    });
    this.#socket.onError.subscribe(() => this.#fail('handshake-failed'));
    this.#socket.onClose.subscribe(() => this.#fail('peer-closed'));
  }

  handleDatagram(_nowMs: number, datagram: Uint8Array): void {
    if (this.#state === 'closed') return;
    const bytes = Buffer.from(datagram);
    for (let at = 0; at + RECORD_HEADER_LENGTH <= bytes.length; ) {
      const end = at + RECORD_HEADER_LENGTH + bytes.readUInt16BE(at + 11);
      if (end > bytes.length) return;
      if (this.#isWelcome(bytes, at)) this.#transport.onData(bytes.subarray(at, end), ['', 0]);
      at = end;
    }
  }

  send(data: Uint8Array): void {
    if (this.#state === 'connected') this.#socket.send(Buffer.from(data)).catch(() => this.#fail('handshake-failed'));
  }

  close(): void {
    this.#state = 'closed';
    clearTimeout(this.#deadline);
  }

  /** Known record types only; in the clear nothing but handshakes, and those only until the handshake has ended. */
  #isWelcome(bytes: Buffer, at: number): boolean {
    const type = bytes[at];
    const epoch = bytes.readUInt16BE(at + 3);
    if (type < 20 || type > 23) return false;
    if (epoch === 0) return this.#state === 'connecting' && (type === 20 || type === 22);
    return true;
  }

  #handleConnect(): void {
    if (this.#state !== 'connecting') return;
    const certificate = this.#socket.remoteCertificate;
    const profile = PROFILE_BY_ID.get(this.#socket.srtp.srtpProfile ?? 0);
    if (certificate === undefined || profile === undefined) {
      this.#fail('handshake-failed');
    } else if (!matchesFingerprint(certificate, this.#options.remoteFingerprints)) {
      this.#fail('fingerprint-mismatch');
    } else {
      this.#state = 'connected';
      clearTimeout(this.#deadline);
      const exported = this.#socket.exportKeyingMaterial('EXTRACTOR-dtls_srtp', exportedKeysLength(profile));
      this.#options.listener.onConnected(splitExportedKeys(profile, exported, this.#options.role));
    }
  }

  #fail(reason: 'handshake-failed' | 'handshake-timeout' | 'fingerprint-mismatch' | 'peer-closed'): void {
    if (this.#state === 'closed') return;
    this.close();
    this.#options.listener.onClosed(reason);
  }
}

/** The socket werift is given: it calls `send`, and puts its own handler into `onData`. */
function createTransport(output: (bytes: Buffer) => void) {
  return {
    type: 'udp',
    address: { address: '', family: 'IPv4', port: 0 },
    closed: false,
    onData: (_data: Buffer, _address: readonly [string, number]): void => {},
    send: async (bytes: Buffer): Promise<void> => output(bytes),
    close: async (): Promise<void> => {},
  };
}

function toPem(label: string, { der }: LocalCertificate): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
