/**
 * The m-section of the SCTP association that carries all data channels of a session.
 *
 * @see RFC 8841 (SCTP over DTLS in SDP), docs/api.md §14
 */
import { isRejectedSection, type SdpSctp, type SdpSection } from '@causeway/wire';
import { latestSections } from './edit-sections.ts';
import { nextMid } from './new-subscription.ts';
import type { DataSection, Negotiation, SctpPeer, Section } from './state.ts';

/** The longest message that a data channel carries, in bytes, in either direction. */
export const MAX_DATA_MESSAGE_BYTES = 256 * 1024;
/** The port that every browser uses; it has no meaning outside the DTLS association. */
export const SCTP_PORT = 5000;
const PROTOCOL = 'UDP/DTLS/SCTP';
const FORMATS = ['webrtc-datachannel'];

/** What both sides have agreed on for data channels. */
export interface AgreedData {
  readonly localPort: number;
  readonly peer: SctpPeer;
}

/** @returns undefined while the client has not agreed to data channels */
export function agreedData({ sections }: Pick<Negotiation, 'sections'>): AgreedData | undefined {
  const section = findDataSection(sections);
  return section?.peer && { localPort: section.sctpPort, peer: section.peer };
}

/** Whether the client has agreed to data channels, or an offer that is open or queued contains them. */
export function isDataOnItsWay(state: Negotiation): boolean {
  const { signaling, queued } = state;
  if (agreedData(state) !== undefined || queued?.needsData === true) return true;
  return signaling.type === 'sfu-offer-pending' && findDataSection(signaling.offer.sections) !== undefined;
}

/** Whether the session has a section for data channels, or may add one. */
export function hasRoomForData(state: Negotiation, maxSections: number): boolean {
  const sections = latestSections(state);
  return findDataSection(sections) !== undefined || sections.length < maxSections;
}

/** @returns the state with a section for data channels, existing or new */
export function withDataSection(state: Negotiation): Negotiation {
  if (findDataSection(state.sections) !== undefined) return state;
  const { mid, state: named } = nextMid(state);
  const section: DataSection = { type: 'data', mid, protocol: PROTOCOL, formats: FORMATS, sctpPort: SCTP_PORT, peer: undefined };
  return { ...named, sections: [...named.sections, section] };
}

export function findDataSection(sections: readonly Section[]): DataSection | undefined {
  return sections.find((section) => section.type === 'data');
}

/**
 * Continues the section of the session's only association.
 *
 * @returns undefined for a client that names no SCTP port
 */
export function continueData(offered: SdpSection, known: DataSection | undefined): DataSection | undefined {
  if (offered.sctp === undefined) return undefined;
  const { mid = '', protocol, formats, sctp } = offered;
  return { type: 'data', mid, protocol, formats, sctpPort: known?.sctpPort ?? sctp.port, peer: sctpPeer(sctp) };
}

/** @returns undefined if the answer rejects the section, by its port or by naming no SCTP port */
export function answerData(section: DataSection, answer: SdpSection): DataSection | undefined {
  if (isRejectedSection(answer) || answer.sctp === undefined) return undefined;
  return { ...section, peer: sctpPeer(answer.sctp) };
}

/** `a=max-message-size:0` means any size (RFC 8841 §6.1). */
function sctpPeer({ port, maxMessageSize }: SdpSctp): SctpPeer {
  const maxMessageBytes = maxMessageSize === 0 ? MAX_DATA_MESSAGE_BYTES : Math.min(maxMessageSize, MAX_DATA_MESSAGE_BYTES);
  return { port, maxMessageBytes };
}
