/** DTLS-SRTP for a node: one certificate, one arena, and an endpoint per peer. */
import type {
  CertificateFingerprint,
  InboundRtp,
  OutboundStream,
  SecureCloseReason,
  SecureEndpoint,
  SecureEndpointListener,
  SecureEndpointOptions,
  SecureSuite,
  Timers,
} from '@causeway/media';
import type { HmacSha1 } from '@causeway/wire';
import { createCertificate, type LocalCertificate } from './dtls/certificate.ts';
import { createDtlsCounters, DtlsAssociation, type DtlsCounters, type DtlsListener } from './dtls/dtls-association.ts';
import type { RtpOutboundStream } from './srtp/outbound-srtp.ts';
import type { SrtpKeyingMaterial } from './srtp/srtp-keys.ts';
import { SrtpMemory } from './srtp/srtp-memory.ts';
import { type SrtpCounters, SrtpSuite, type SrtpTransform } from './srtp/srtp-suite.ts';
import { SystemTimers } from './system-timers.ts';

/** The options of a suite of secure endpoints. */
export interface SecureSuiteOptions {
  /** How many outgoing packets can be pending before a slot is reused; 1,600 bytes each. Default: 4,096. */
  readonly arenaSlots?: number;
  /**
   * How many streams may have keystream for future packets; 4,864 bytes each, or 19,456 without FFI, which take real memory only when used.
   * Default: 4,096, or 1,024.
   */
  readonly keystreamPages?: number;
  /** Shared by several suites of a node, for example in its threads. Default: a new certificate. */
  readonly certificate?: LocalCertificate;
}

/** A secure suite with what its creator needs beside the engine. */
export interface CountingSecureSuite extends SecureSuite {
  /** For STUN and SCTP. */
  readonly hmacSha1: HmacSha1;
  /** Packets that could not be protected. Counters only increase. */
  readonly srtpCounters: Readonly<SrtpCounters>;
  /** What DTLS dropped. Counters only increase. */
  readonly dtlsCounters: Readonly<DtlsCounters>;
  census(): SecureCensus;
}

/** Live objects of one suite. When all endpoints are closed, every count is zero. */
export interface SecureCensus {
  readonly endpoints: number;
  /** Endpoints whose handshake has not ended. */
  readonly handshakes: number;
  /** SSRCs that packets are sent under. */
  readonly outboundStreams: number;
  /** Pages that hold keystream for future packets of streams. */
  readonly keystreamPages: number;
}

const DEFAULT_ARENA_SLOTS = 4_096;

/**
 * Creates a suite. A thread needs only one, which its engines may share.
 *
 * Asynchronous because the key pair is generated, and the SRTP kernel compiled, off the main thread.
 */
export async function createSecureSuite(options: SecureSuiteOptions = {}): Promise<CountingSecureSuite> {
  const [certificate, memory] = await Promise.all([
    options.certificate ?? createCertificate(new Date()),
    SrtpMemory.create({
      arenaSlots: options.arenaSlots ?? DEFAULT_ARENA_SLOTS,
      ...(options.keystreamPages !== undefined && { keystreamPages: options.keystreamPages }),
    }),
  ]);
  return new DtlsSrtpSuite(certificate, memory);
}

/** Adds the handshakes to SRTP. Packets do not pass through this class, so the methods that protect them are inherited. */
class DtlsSrtpSuite extends SrtpSuite implements CountingSecureSuite {
  readonly fingerprint: CertificateFingerprint;
  readonly dtlsCounters: Readonly<DtlsCounters>;
  readonly #context: PeerEndpointContext;

  constructor(certificate: LocalCertificate, memory: SrtpMemory) {
    super(memory);
    this.#context = { certificate, dtlsCounters: createDtlsCounters(), ownTimers: new SystemTimers(), live: new Set() };
    this.fingerprint = certificate.fingerprint;
    this.dtlsCounters = this.#context.dtlsCounters;
  }

  get srtpCounters(): Readonly<SrtpCounters> {
    return this.counters;
  }

  createEndpoint(options: SecureEndpointOptions): SecureEndpoint {
    return new PeerEndpoint(options, this.createTransform(options.isLink === true ? 'link' : 'client'), this.#context);
  }

  census(): SecureCensus {
    return { ...countEndpoints(this.#context.live), keystreamPages: this.keystreamPagesLent };
  }
}

/** What all endpoints of a suite share. */
interface PeerEndpointContext {
  readonly certificate: LocalCertificate;
  readonly dtlsCounters: DtlsCounters;
  /** For endpoints that are created without timers. */
  readonly ownTimers: Timers;
  /** The endpoints that are not closed. They add and remove themselves. */
  readonly live: Set<PeerEndpoint>;
}

/** One peer: its DTLS association, and SRTP with the keys from it. */
export class PeerEndpoint implements SecureEndpoint, DtlsListener {
  readonly inbound: InboundRtp;
  readonly #listener: SecureEndpointListener;
  readonly #srtp: SrtpTransform;
  readonly #dtls: DtlsAssociation;
  readonly #live: Set<PeerEndpoint>;
  /** When the current datagram arrived. */
  #nowMs = 0;
  #isConnected = false;
  #isClosed = false;

  constructor(options: SecureEndpointOptions, srtp: SrtpTransform, context: PeerEndpointContext) {
    const { role, remoteFingerprints, listener } = options;
    this.#listener = listener;
    this.#srtp = srtp;
    this.inbound = srtp.inbound;
    const timers = options.timers ?? context.ownTimers;
    const { certificate, dtlsCounters } = context;
    this.#dtls = new DtlsAssociation({ role, certificate, remoteFingerprints, timers, listener: this }, dtlsCounters);
    this.#live = context.live;
    this.#live.add(this);
  }

  /** Whether the handshake has succeeded. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  get outboundStreamCount(): number {
    return this.#srtp.outbound.size;
  }

  get rtcpStream(): OutboundStream {
    return this.#srtp.outbound.rtcpStream;
  }

  get areKeysNearlyUsedUp(): boolean {
    return this.#srtp.outbound.rtcpStream.isNearlyUsedUp;
  }

  get hasPeerFinished(): boolean {
    return this.#dtls.hasPeerFinished;
  }

  handleDtls(nowMs: number, datagram: Uint8Array): void {
    this.#nowMs = nowMs;
    this.#dtls.handleDatagram(nowMs, datagram);
  }

  unprotectRtcp(packet: Uint8Array): number {
    return this.#srtp.inboundRtcp.unprotect(packet);
  }

  openOutboundStream(ssrc: number): OutboundStream {
    return this.#srtp.outbound.open(ssrc);
  }

  closeOutboundStream(stream: OutboundStream): void {
    this.#srtp.outbound.closeStream(stream as RtpOutboundStream);
  }

  sendApplicationData(data: Uint8Array): void {
    this.#dtls.send(data);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#release();
  }

  /** Implements `DtlsListener`, as does what follows. */
  get isPeerHeard(): boolean {
    return this.#srtp.hasReceived;
  }

  onOutput(datagram: Uint8Array): void {
    this.#listener.onDtlsOutput(datagram);
  }

  onConnected(keys: SrtpKeyingMaterial): void {
    this.#isConnected = true;
    this.#srtp.setKeys(keys);
    this.#listener.onConnected(keys.profile);
  }

  onData(data: Uint8Array): void {
    this.#listener.onApplicationData(this.#nowMs, data);
  }

  onDefect(error: unknown): void {
    this.#listener.onDefect(error);
  }

  onClosed(reason: SecureCloseReason): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#release();
    this.#listener.onClosed(reason);
  }

  #release(): void {
    this.#live.delete(this);
    this.#dtls.close();
    this.#srtp.close();
  }
}

function countEndpoints(endpoints: ReadonlySet<PeerEndpoint>): Omit<SecureCensus, 'keystreamPages'> {
  let handshakes = 0;
  let outboundStreams = 0;
  for (const endpoint of endpoints) {
    if (!endpoint.isConnected) handshakes++;
    outboundStreams += endpoint.outboundStreamCount;
  }
  return { endpoints: endpoints.size, handshakes, outboundStreams };
}
