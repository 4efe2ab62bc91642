import {
  type CertificateFingerprint,
  type InboundRtp,
  type OutboundStream,
  type PacketArena,
  type ProtectBatch,
  type ProtectedBytes,
  type SecureCloseReason,
  type SecureEndpoint,
  type SecureEndpointOptions,
  type SecureSuite,
  type SrtpProfile,
  UNPROTECT_NOT_READY,
  UNPROTECT_UNEXPECTED,
} from '@causeway/media';
import { peekRtpSsrc } from '@causeway/wire';

const SLOT_SIZE_BYTES = 1536;
const SLOT_COUNT = 4096;
const HELLO = Uint8Array.of(22, 0);
const GOODBYE = Uint8Array.of(21, 0);
/** First byte of a DTLS record with application data. */
const APPLICATION_DATA = 23;

/** The datagram that stands for a whole DTLS handshake in a world without encryption. */
export function plainHello(): Uint8Array {
  return HELLO.slice();
}

/** The datagram that stands for DTLS close_notify. */
export function plainGoodbye(): Uint8Array {
  return GOODBYE.slice();
}

/** The datagram that stands for a DTLS record with application data. */
export function plainApplicationData(data: Uint8Array): Uint8Array {
  return Uint8Array.of(APPLICATION_DATA, ...data);
}

/**
 * A secure suite without secrets: packets stay as they are, and one datagram is the handshake. It keeps the contract of the port (nothing
 * works before the handshake, rows are answered in place), so engine scenarios run in virtual time.
 */
export class PlainSuite implements SecureSuite {
  readonly fingerprint: CertificateFingerprint = { algorithm: 'sha-256', value: Array(32).fill('00').join(':') };
  readonly arena: PacketArena = new PlainArena();
  /** The profile that peers negotiate from now on. */
  profile: SrtpProfile = 'AES_CM_128_HMAC_SHA1_80';
  /** The number of endpoints that were created and not yet closed. */
  openEndpoints = 0;
  readonly #ready = new Set<OutboundStream>();
  readonly #waitingClients: UnencryptedEndpoint[] = [];

  createEndpoint(options: SecureEndpointOptions): SecureEndpoint {
    this.openEndpoints++;
    const endpoint = new UnencryptedEndpoint(
      options,
      this.#ready,
      () => this.openEndpoints--,
      () => this.profile,
    );
    if (options.role === 'client') this.#waitingClients.push(endpoint);
    return endpoint;
  }

  /**
   * Starts the handshakes of new clients. The port demands that this does not happen within the call that created them, so a test's world
   * calls it.
   */
  beginHandshakes(): void {
    for (const client of this.#waitingClients.splice(0)) client.begin();
  }

  protect(batch: ProtectBatch): ProtectedBytes {
    for (let row = 0; row < batch.count; row++) {
      const stream = batch.streams[row];
      batch.protectedLength[row] = stream !== undefined && this.#ready.has(stream) ? (batch.plainLength[row] ?? 0) : 0;
    }
    return this.arena.bytes as ProtectedBytes;
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

class UnencryptedEndpoint implements SecureEndpoint, InboundRtp {
  readonly inbound: InboundRtp = this;
  readonly rtcpStream: OutboundStream = { ssrc: 0 };
  readonly areKeysNearlyUsedUp = false;
  readonly hasPeerFinished = true;
  readonly #options: SecureEndpointOptions;
  readonly #ready: Set<OutboundStream>;
  readonly #onClose: () => void;
  readonly #streams = new Set<OutboundStream>([this.rtcpStream]);
  /** The SSRCs that a link expects. */
  readonly #expected = new Set<number>();
  #highestExpected = -1;
  #isConnected = false;
  #isClosed = false;

  readonly #profileOf: () => SrtpProfile;

  constructor(options: SecureEndpointOptions, ready: Set<OutboundStream>, onClose: () => void, profileOf: () => SrtpProfile) {
    this.#profileOf = profileOf;
    this.#options = options;
    this.#ready = ready;
    this.#onClose = onClose;
  }

  /** Sends what a client sends first. */
  begin(): void {
    if (!this.#isClosed) this.#options.listener.onDtlsOutput(HELLO.slice());
  }

  handleDtls(nowMs: number, datagram: Uint8Array): void {
    if (this.#isClosed) return;
    if (datagram[0] === GOODBYE[0]) this.#end('peer-closed');
    else if (!this.#isConnected && datagram[0] === HELLO[0]) this.#connect();
    else if (this.#isConnected && datagram[0] === APPLICATION_DATA) this.#options.listener.onApplicationData(nowMs, datagram.subarray(1));
  }

  unprotectRtp(packet: Uint8Array): number {
    if (!this.#isConnected) return UNPROTECT_NOT_READY;
    if (this.#options.isLink === true && !this.#expected.has(peekRtpSsrc(packet))) return UNPROTECT_UNEXPECTED;
    return packet.length;
  }

  unprotectRtcp(packet: Uint8Array): number {
    return this.#isConnected ? packet.length : UNPROTECT_NOT_READY;
  }

  expect(ssrc: number): void {
    if (ssrc <= this.#highestExpected) return;
    this.#highestExpected = ssrc;
    this.#expected.add(ssrc);
  }

  end(ssrc: number): void {
    this.#expected.delete(ssrc);
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

  sendApplicationData(data: Uint8Array): void {
    if (this.#isConnected && !this.#isClosed) this.#options.listener.onDtlsOutput(plainApplicationData(data));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#isConnected) this.#options.listener.onDtlsOutput(GOODBYE.slice());
    for (const stream of this.#streams) this.#ready.delete(stream);
    this.#onClose();
  }

  #connect(): void {
    this.#isConnected = true;
    for (const stream of this.#streams) this.#ready.add(stream);
    if (this.#options.role === 'server') this.#options.listener.onDtlsOutput(HELLO.slice());
    this.#options.listener.onConnected(this.#profileOf());
  }

  #end(reason: SecureCloseReason): void {
    if (!this.#isClosed) this.#options.listener.onClosed(reason);
  }
}
