export { createCertificate, type LocalCertificate } from './dtls/certificate.ts';
export type { DtlsCounters } from './dtls/dtls-association.ts';
export { bindByFfi, createContextTable, freeContexts, noteContextsIn } from './node-ffi.ts';
export { type CountingSecureSuite, createSecureSuite, type SecureCensus, type SecureSuiteOptions } from './secure-suite.ts';
export type { SrtpCounters } from './srtp/srtp-suite.ts';
