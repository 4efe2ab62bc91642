import { SfuError } from '@causeway/protocol';
import { DEFAULT_SDP_LIMITS, parseSdp, type SdpDescription } from '@causeway/wire';
import type { SessionLimits } from '../session-parts.ts';

/** @throws invalid_session_description – the text is not SDP, or breaks a limit */
export function readSdp(sdp: string, { maxSdpLength, maxSections }: SessionLimits): SdpDescription {
  const parsed = parseSdp(sdp, { ...DEFAULT_SDP_LIMITS, maxLength: maxSdpLength, maxSections });
  if (parsed.ok) return parsed.description;
  const details = parsed.line === undefined ? {} : { details: { line: parsed.line } };
  throw new SfuError('invalid_session_description', `the SDP ${parsed.reason}`, details);
}
