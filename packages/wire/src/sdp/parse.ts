import { DEFAULT_SDP_LIMITS, type SdpLimits } from './limits.ts';
import { type ParsedSdp, type SdpFailure, SdpReader } from './sdp-reader.ts';

/**
 * Reads a session description at one go. Attributes that are unknown are skipped, as SDP asks; refused is what breaks a limit, what is
 * no SDP at all, and values that no RFC allows.
 *
 * Takes any text, never throws, and takes time linear in its length.
 *
 * @see RFC 8866 §5
 */
export function parseSdp(sdp: string, limits: SdpLimits = DEFAULT_SDP_LIMITS): ParsedSdp | SdpFailure {
  const reader = new SdpReader(sdp, limits);
  return reader.read(Number.POSITIVE_INFINITY) ?? { ok: false, reason: 'has no end' };
}
