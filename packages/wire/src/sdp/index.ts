export { codecIdentity, parseFmtp } from './codec-identity.ts';
export * from './description.ts';
export { DEFAULT_SDP_LIMITS, type SdpLimits } from './limits.ts';
export { type ParsedSdp, parseSdp, type SdpFailure, SdpReader } from './sdp-reader.ts';
export { writeSdp, writeSdpSection, writeSdpSession } from './write.ts';
