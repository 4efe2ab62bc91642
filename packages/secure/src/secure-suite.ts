/** DTLS-SRTP for a node: one certificate, one arena, and an endpoint per peer. */
import type {
  CertificateFingerprint,
  PacketArena,
  ProtectBatch,
  ProtectedBytes,
  SecureEndpoint,
  SecureEndpointOptions,
  SecureSuite,
} from '@causeway/media';
import type { HmacSha1 } from '@causeway/wire';
import { createCertificate, type LocalCertificate } from './dtls/certificate.ts';
import { createDtlsCounters, type DtlsCounters } from './dtls/dtls-counters.ts';
import { PeerEndpoint, type PeerEndpointContext } from './peer-endpoint.ts';
import { countEndpoints, type SecureCensus } from './secure-census.ts';
import type { SrtpCounters } from './srtp/flush-protector.ts';
import { SrtpSuite } from './srtp/srtp-suite.ts';
import { SystemTimers } from './system-timers.ts';

/** The options of a suite of secure endpoints. */
export interface SecureSuiteOptions {
  /** How many outgoing packets can be pending before a slot is reused; 1,600 bytes each. Default: 4,096. */
  readonly arenaSlots?: number;
  /** How many streams may have keystream for future packets; 19,456 bytes each, which take real memory only when used. Default: 1,024. */
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

const DEFAULT_ARENA_SLOTS = 4_096;
const DEFAULT_KEYSTREAM_PAGES = 1_024;

/**
 * Creates a suite. A thread needs only one, which its engines may share.
 *
 * Asynchronous because the key pair is generated, and the SRTP kernel compiled, off the main thread.
 */
export async function createSecureSuite(options: SecureSuiteOptions = {}): Promise<CountingSecureSuite> {
  const [certificate, srtp] = await Promise.all([
    options.certificate ?? createCertificate(new Date()),
    SrtpSuite.create({
      arenaSlots: options.arenaSlots ?? DEFAULT_ARENA_SLOTS,
      keystreamPages: options.keystreamPages ?? DEFAULT_KEYSTREAM_PAGES,
    }),
  ]);
  return new DtlsSrtpSuite(certificate, srtp);
}

class DtlsSrtpSuite implements CountingSecureSuite {
  readonly arena: PacketArena;
  readonly fingerprint: CertificateFingerprint;
  readonly srtpCounters: Readonly<SrtpCounters>;
  readonly dtlsCounters: Readonly<DtlsCounters>;
  readonly hmacSha1: HmacSha1;
  readonly #context: PeerEndpointContext;
  readonly #srtp: SrtpSuite;

  constructor(certificate: LocalCertificate, srtp: SrtpSuite) {
    this.#context = { certificate, dtlsCounters: createDtlsCounters(), ownTimers: new SystemTimers(), live: new Set() };
    this.#srtp = srtp;
    this.arena = srtp.arena;
    this.fingerprint = certificate.fingerprint;
    this.srtpCounters = srtp.counters;
    this.dtlsCounters = this.#context.dtlsCounters;
    this.hmacSha1 = srtp.hmacSha1;
  }

  createEndpoint(options: SecureEndpointOptions): SecureEndpoint {
    return new PeerEndpoint(options, this.#srtp.createTransform(options.isLink === true ? 'link' : 'client'), this.#context);
  }

  census(): SecureCensus {
    return { ...countEndpoints(this.#context.live), keystreamPages: this.#srtp.keystreamPagesLent };
  }

  protect(batch: ProtectBatch): ProtectedBytes {
    return this.#srtp.protect(batch);
  }

  prepareAhead(): void {
    this.#srtp.prepareAhead();
  }
}
