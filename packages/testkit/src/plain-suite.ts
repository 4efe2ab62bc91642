import {
  type CertificateFingerprint,
  type OutboundStream,
  type PacketArena,
  type ProtectBatch,
  type SecureCloseReason,
  type SecureEndpoint,
  type SecureEndpointOptions,
  type SecureSuite,
  UNPROTECT_NOT_READY,
} from '@causeway/media';

const SLOT_SIZE_BYTES = 1536;
const SLOT_COUNT = 4096;
const HELLO = Uint8Array.of(22, 0);
const GOODBYE = Uint8Array.of(21, 0);

/** The datagram that stands for a whole DTLS handshake in a world without encryption. */
export function plainHello(): Uint8Array {
  return HELLO.slice();
}

/** The datagram that stands for DTLS close_notify. */
export function plainGoodbye(): Uint8Array {
  return GOODBYE.slice();
}

/**
 * A secure suite without secrets: packets stay as they are, one datagram is the handshake. It keeps the port's contract
 * (nothing works before the handshake, rows are answered in place), so engine scenarios run in virtual time.
 */
export class PlainSuite implements SecureSuite {
  readonly fingerprint: CertificateFingerprint = { algorithm: 'sha-256', value: Array(32).fill('00').join(':') };
  readonly arena: PacketArena = new PlainArena();
  /** How often an endpoint was asked for and not yet closed. */
  openEndpoints = 0;
  readonly #ready = new Set<OutboundStream>();

  createEndpoint(options: SecureEndpointOptions): SecureEndpoint {
    this.openEndpoints++;
    return new PlainEndpoint(options, this.#ready, () => this.openEndpoints--);
  }

  protect(batch: ProtectBatch): void {
    for (let row = 0; row < batch.count; row++) {
      const stream = batch.streams[row];
      batch.protectedLength[row] = stream !== undefined && this.#ready.has(stream) ? (batch.plainLength[row] ?? 0) : 0;
    }
  }

  prepareAhead(): void {}
}

class PlainArena implements PacketArena {
  readonly slotSizeBytes = SLOT_SIZE_BYTES;
  readonly slotCount = SLOT_COUNT;
  readonly bytes = new Uint8Array(SLOT_SIZE_BYTES * SLOT_COUNT);
  #next = 0;

  takeSlot(): number {
    const slot = this.#next;
    this.#next = (slot + 1) % SLOT_COUNT;
    return slot * SLOT_SIZE_BYTES;
  }
}

class PlainEndpoint implements SecureEndpoint {
  readonly rtcpStream: OutboundStream = { ssrc: 0 };
  readonly #options: SecureEndpointOptions;
  readonly #ready: Set<OutboundStream>;
  readonly #onClose: () => void;
  readonly #streams = new Set<OutboundStream>([this.rtcpStream]);
  #isConnected = false;
  #isClosed = false;

  constructor(options: SecureEndpointOptions, ready: Set<OutboundStream>, onClose: () => void) {
    this.#options = options;
    this.#ready = ready;
    this.#onClose = onClose;
  }

  handleDtls(_nowMs: number, datagram: Uint8Array): void {
    if (datagram[0] === GOODBYE[0]) this.#end('peer-closed');
    if (datagram[0] !== HELLO[0] || this.#isConnected || this.#isClosed) return;
    this.#isConnected = true;
    for (const stream of this.#streams) this.#ready.add(stream);
    this.#options.listener.onDtlsOutput(HELLO.slice());
    this.#options.listener.onConnected('AES_CM_128_HMAC_SHA1_80');
  }

  unprotectRtp(packet: Uint8Array): number {
    return this.#isConnected ? packet.length : UNPROTECT_NOT_READY;
  }

  unprotectRtcp(packet: Uint8Array): number {
    return this.#isConnected ? packet.length : UNPROTECT_NOT_READY;
  }

  openOutboundStream(ssrc: number): OutboundStream {
    const stream = { ssrc };
    this.#streams.add(stream);
    if (this.#isConnected) this.#ready.add(stream);
    return stream;
  }

  closeOutboundStream(stream: OutboundStream): void {
    this.#streams.delete(stream);
    this.#ready.delete(stream);
  }

  openDataChannel(): number | undefined {
    return undefined;
  }

  sendData(): boolean {
    return false;
  }

  closeDataChannel(): void {}

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#isConnected) this.#options.listener.onDtlsOutput(GOODBYE.slice());
    for (const stream of this.#streams) this.#ready.delete(stream);
    this.#onClose();
  }

  #end(reason: SecureCloseReason): void {
    if (!this.#isClosed) this.#options.listener.onClosed(reason);
  }
}
