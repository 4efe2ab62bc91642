export { type CountingSecureSuite, createSecureSuite, type SecureSuiteOptions } from './secure-suite.ts';
export type { SrtpCounters } from './srtp/srtp-counters.ts';
