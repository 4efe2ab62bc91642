import type { AppId } from '@causeway/protocol';
import { writeSdpSection, writeSdpSession } from '@causeway/wire';
import type { OwnDescription } from '../negotiation/index.ts';
import type { SessionParts } from './session-parts.ts';

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
