/** `@causeway/secure/bare`: low-level access to DTLS, for attack tests. */
export { createCertificate, type LocalCertificate } from './dtls/certificate.ts';
export { createDtlsCounters, DtlsAssociation } from './dtls/dtls-association.ts';
export { ContentType, HandshakeType } from './dtls/dtls-numbers.ts';
export { writeRecord } from './dtls/dtls-record.ts';
export { writeFragments } from './dtls/handshake-message.ts';
export { SystemTimers } from './system-timers.ts';
