/** The node's DTLS-SRTP: one certificate, one arena, and an endpoint per peer. */
import type {
  CertificateFingerprint,
  PacketArena,
  ProtectBatch,
  ProtectedBytes,
  SecureEndpoint,
  SecureEndpointOptions,
  SecureSuite,
} from '@causeway/media';
import { createCertificate, type LocalCertificate } from './dtls/certificate.ts';
import { createDtlsCounters, type DtlsCounters } from './dtls/dtls-counters.ts';
import { PeerEndpoint, type PeerEndpointContext } from './peer-endpoint.ts';
import { createSctpCounters, type SctpCounters } from './sctp/sctp-counters.ts';
import { loadSctp } from './sctp/werift-sctp.ts';
import { countEndpoints, type SecureCensus } from './secure-census.ts';
import type { SrtpCounters } from './srtp/srtp-counters.ts';
import { SrtpSuite } from './srtp/srtp-suite.ts';

export interface SecureSuiteOptions {
  /** How many outgoing packets may be under way before a slot is used again; 1,600 bytes each. Default 4,096. */
  readonly arenaSlots?: number;
  /** How many streams may have keystream made ahead; 19,456 bytes each, touched only when used. Default 1,024. */
  readonly keystreamPages?: number;
  /** One that several suites of a node share, in its threads say. Default: a new one. */
  readonly certificate?: LocalCertificate;
  /**
   * When the code of data channels is loaded, which takes 40 MB and holds up the thread for 150 ms: with the first channel, or before
   * there is a suite. A thread that carries media of others cannot wait for it later. Default: `with-first`.
   */
  readonly dataChannels?: 'with-first' | 'at-once';
}

/** The suite with what only its maker asks for. */
export interface CountingSecureSuite extends SecureSuite {
  /** Packets that could not be protected, counting up. */
  readonly srtpCounters: Readonly<SrtpCounters>;
  /** What DTLS threw away, counting up. */
  readonly dtlsCounters: Readonly<DtlsCounters>;
  /** What SCTP and data channels threw away, counting up. */
  readonly sctpCounters: Readonly<SctpCounters>;
  census(): SecureCensus;
}

const DEFAULT_ARENA_SLOTS = 4_096;
const DEFAULT_KEYSTREAM_PAGES = 1_024;

/**
 * Makes a suite. A thread needs one; its engines may share it.
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
    options.dataChannels === 'at-once' ? loadSctp() : undefined,
  ]);
  return new DtlsSrtpSuite(certificate, srtp);
}

class DtlsSrtpSuite implements CountingSecureSuite {
  readonly arena: PacketArena;
  readonly fingerprint: CertificateFingerprint;
  readonly srtpCounters: Readonly<SrtpCounters>;
  readonly dtlsCounters: Readonly<DtlsCounters>;
  readonly sctpCounters: Readonly<SctpCounters>;
  readonly #context: PeerEndpointContext;
  readonly #srtp: SrtpSuite;

  constructor(certificate: LocalCertificate, srtp: SrtpSuite) {
    this.#context = { certificate, dtlsCounters: createDtlsCounters(), sctpCounters: createSctpCounters(), live: new Set() };
    this.#srtp = srtp;
    this.arena = srtp.arena;
    this.fingerprint = certificate.fingerprint;
    this.srtpCounters = srtp.counters;
    this.dtlsCounters = this.#context.dtlsCounters;
    this.sctpCounters = this.#context.sctpCounters;
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
