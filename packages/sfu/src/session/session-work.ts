import { type AppId, SfuError } from '@causeway/protocol';
import { DEFAULT_SDP_LIMITS, type SdpDescription, SdpReader, writeSdpSection, writeSdpSession } from '@causeway/wire';
import { atOnce, type InPieces, type OwnDescription } from '../negotiation/index.ts';
import type { DescriptionTurns } from '../overload/description-turns.ts';
import type { SessionParts } from './session-parts.ts';

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

/** The text of a description, written one m-section at a time; whatever happens to the session meanwhile does not change it. */
export function writeDescription(
  appId: AppId,
  description: OwnDescription,
  { descriptionTurns }: Pick<SessionParts, 'descriptionTurns'>,
): Promise<string> {
  let text = writeSdpSession(description);
  let written = 0;
  return descriptionTurns.run(appId, 0, () => {
    const section = description.sectionAt(written++);
    if (section === undefined) return text;
    text += writeSdpSection(section);
    return undefined;
  });
}

/** What a description of so many m-sections leads to takes less than a millisecond. */
export const SHORT_SECTIONS = 32;

/**
 * Does pure work that a description leads to: at once if it is short, otherwise in pieces, as the description itself was read.
 *
 * @param sectionCount m-sections of the description
 */
export async function inTurns<Result>(
  appId: string,
  sectionCount: number,
  work: InPieces<Result>,
  turns: DescriptionTurns,
): Promise<Result> {
  if (sectionCount <= SHORT_SECTIONS) return atOnce(work);
  const { result } = await turns.run(appId, 0, () => {
    const { done, value } = work.next();
    return done === true ? { result: value } : undefined;
  });
  return result;
}
