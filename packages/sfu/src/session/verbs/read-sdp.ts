import { type AppId, SfuError } from '@causeway/protocol';
import { DEFAULT_SDP_LIMITS, type SdpDescription, SdpReader } from '@causeway/wire';
import type { SessionParts } from '../session-parts.ts';

/** Some 30 us of work. */
const LINES_PER_PIECE = 32;

/** @throws invalid_session_description – the text is not SDP, or breaks a limit */
export async function readSdp(appId: AppId, sdp: string, { limits, descriptionTurns }: SessionParts): Promise<SdpDescription> {
  const { maxSdpLength, maxSections } = limits;
  const reader = new SdpReader(sdp, { ...DEFAULT_SDP_LIMITS, maxLength: maxSdpLength, maxSections });
  const parsed = await descriptionTurns.run(appId, sdp.length, () => reader.read(LINES_PER_PIECE));
  if (parsed.ok) return parsed.description;
  const details = parsed.line === undefined ? {} : { details: { line: parsed.line } };
  throw new SfuError('invalid_session_description', `the SDP ${parsed.reason}`, details);
}
