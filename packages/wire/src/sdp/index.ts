export { codecIdentity } from './codec-identity.ts';
export * from './description.ts';
export { parseFmtp } from './fmtp.ts';
export { DEFAULT_SDP_LIMITS, type SdpLimits } from './limits.ts';
export { parseSdp } from './parse.ts';
export { type ParsedSdp, type SdpFailure, SdpReader } from './sdp-reader.ts';
export { writeSdp, writeSdpSection, writeSdpSession } from './write.ts';
