export { codecIdentity } from './codec-identity.ts';
export * from './description.ts';
export { parseFmtp } from './fmtp.ts';
export { DEFAULT_SDP_LIMITS, type SdpLimits } from './limits.ts';
export { type ParsedSdp, parseSdp, type SdpFailure } from './parse.ts';
export { writeSdp } from './write.ts';
