import type { PacketArena, ProtectBatch, ProtectedBytes, SecureEndpoint, SecureEndpointOptions, SecureSuite } from '@causeway/media';
import { createDtlsCounters, DtlsAssociation, type LocalCertificate, SystemTimers } from '@causeway/secure/bare';

export interface BareOptions {
  readonly certificate: LocalCertificate;
  /** If `silent`, no handshake message ever leaves. */
  readonly manners: 'polite' | 'silent';
}

/** A suite whose endpoints speak DTLS with a given certificate and nothing inside of it, so that a test can send anything there. */
export class BareSuite implements SecureSuite {
  readonly arena: PacketArena = { bytes: new Uint8Array(0), slotSizeBytes: 0, slotCount: 0, takeSlot: () => 0 };
  readonly #options: BareOptions;
  readonly #timers = new SystemTimers();
  /** The association of the endpoint that was created last. */
  association: DtlsAssociation | undefined;

  constructor(options: BareOptions) {
    this.#options = options;
  }

  get fingerprint() {
    return this.#options.certificate.fingerprint;
  }

  createEndpoint({ role, remoteFingerprints, listener, timers = this.#timers }: SecureEndpointOptions): SecureEndpoint {
    const { certificate, manners } = this.#options;
    const dtlsListener = {
      onOutput: (datagram: Uint8Array) => (manners === 'polite' ? listener.onDtlsOutput(datagram) : undefined),
      onConnected: () => listener.onConnected('AES_CM_128_HMAC_SHA1_80'),
      onData: () => undefined,
      onClosed: listener.onClosed.bind(listener),
      onDefect: listener.onDefect.bind(listener),
    };
    const association = new DtlsAssociation(
      { role, certificate, remoteFingerprints, listener: dtlsListener, timers },
      createDtlsCounters(),
    );
    this.association = association;
    const refuse = (): never => {
      throw new Error('a bare endpoint speaks DTLS only');
    };
    return {
      handleDtls: (nowMs, datagram) => association.handleDatagram(nowMs, datagram),
      close: () => association.close(),
      inbound: { unprotectRtp: refuse, expect: refuse, end: refuse },
      unprotectRtcp: refuse,
      openOutboundStream: refuse,
      closeOutboundStream: refuse,
      rtcpStream: { ssrc: 0 },
      areKeysNearlyUsedUp: false,
      hasPeerFinished: false,
      sendApplicationData: refuse,
    };
  }

  protect(_batch: ProtectBatch): ProtectedBytes {
    return this.arena.bytes as ProtectedBytes;
  }

  prepareAhead(): void {}
}
