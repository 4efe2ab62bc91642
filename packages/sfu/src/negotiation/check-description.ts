/** Checks that a client's description continues the session as SDP requires. */
import { SfuError } from '@causeway/protocol';
import { isRejectedSection, type SdpDescription, type SdpSection } from '@causeway/wire';
import { SCTP_PORT } from './data-section.ts';
import { atOnce, type InPieces, ITEMS_AT_ONCE } from './in-pieces.ts';
import type { Section } from './state.ts';

const MID = /^[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,32}$/;

/**
 * @param known m-sections that the client has seen, in order
 * @throws invalid_session_description – sections are missing, moved or unnamed, or not all on one transport
 */
export function checkDescription(description: SdpDescription, known: readonly Section[]): void {
  atOnce(checkInPieces(description, known));
}

/** Like `checkDescription`, with pauses. */
export function* checkInPieces(description: SdpDescription, known: readonly Section[]): InPieces<void> {
  if (description.sections.length < known.length) {
    throw invalid(`has ${description.sections.length} m-sections; this session has ${known.length}, which must stay in place`);
  }
  const mids = new Set<string>();
  for (const [index, section] of description.sections.entries()) {
    const mid = checkMid(section, index);
    if (mids.has(mid)) throw invalid(`has two m-sections with mid ${mid}`);
    mids.add(mid);
    checkContinues(section, known[index], index);
  }
  yield;
  checkBundle(description, mids);
  checkOneTransport(description);
  checkSctpPort(description);
  yield* checkSsrcs(description);
}

/** Some clients reject an m-section with its m-line alone (RFC 8829 §5.3.1), so its position identifies it. */
export function withMidsOfRejected(description: SdpDescription, known: readonly Section[]): SdpDescription {
  const isUnnamed = (section: SdpSection) => section.mid === undefined && isRejectedSection(section);
  if (!description.sections.some(isUnnamed)) return description;
  const sections = description.sections.map((section, index) => (isUnnamed(section) ? { ...section, mid: known[index]?.mid } : section));
  return { ...description, sections };
}

function checkMid(section: SdpSection, index: number): string {
  if (section.mid === undefined || !MID.test(section.mid)) throw invalid(`m-section ${index} has no a=mid of 1 to 32 token characters`);
  return section.mid;
}

function checkContinues(section: SdpSection, known: Section | undefined, index: number): void {
  // A rejected section may come back as something else (RFC 8829 §5.2.2).
  if (known === undefined || known.type === 'rejected') return;
  if (section.mid !== known.mid) throw invalid(`m-section ${index} has mid ${section.mid}; in this session it is ${known.mid}`);
  const knownMedia = known.type === 'rtp' ? known.kind : 'application';
  if (section.media !== knownMedia) throw invalid(`m-section ${index} is ${section.media}; in this session it is ${knownMedia}`);
}

/** @see RFC 9143 §7.1, RFC 5888 §9.2 */
function checkBundle({ bundle }: SdpDescription, mids: ReadonlySet<string>): void {
  const unknown = bundle.find((mid) => !mids.has(mid));
  if (unknown !== undefined) throw invalid(`names mid ${unknown.slice(0, 32)} in its BUNDLE group, which no m-section has`);
  if (new Set(bundle).size < bundle.length) throw invalid('names a mid twice in its BUNDLE group');
}

/** Bundled m-sections form one RTP session (RFC 9143 §9.1), in which an SSRC identifies one source (RFC 3550 §8). */
function* checkSsrcs({ sections }: SdpDescription): InPieces<void> {
  const midOf = new Map<number, string | undefined>();
  for (const [index, section] of sections.entries()) {
    if (index % ITEMS_AT_ONCE === 0) yield;
    if (isRejectedSection(section)) continue;
    for (const { ssrc } of section.ssrcs) {
      if (midOf.has(ssrc)) throw invalid(`names SSRC ${ssrc} in m-sections ${midOf.get(ssrc)} and ${section.mid}`);
      midOf.set(ssrc, section.mid);
    }
  }
}

/** A session has one transport, so every section in use must be bundled, and RTCP multiplexed with RTP. */
function checkOneTransport(description: SdpDescription): void {
  const inUse = description.sections.filter((section) => !isRejectedSection(section));
  const bundled = new Set(description.bundle);
  const unbundled = inUse.find((section) => !bundled.has(section.mid ?? ''));
  if (inUse.length > 1 && unbundled !== undefined) {
    throw invalid(`m-section ${unbundled.mid} is not in the BUNDLE group; set bundlePolicy to max-bundle`);
  }
  const unmuxed = inUse.find((section) => (section.kind === 'audio' || section.kind === 'video') && !section.rtcpMux);
  if (unmuxed !== undefined) throw invalid(`m-section ${unmuxed.mid} has no a=rtcp-mux`);
}

/** Every WebRTC stack uses the same port, which has no meaning outside the DTLS association. */
function checkSctpPort({ sections }: SdpDescription): void {
  const other = sections.find(({ sctp }) => sctp !== undefined && sctp.port !== SCTP_PORT);
  if (other !== undefined)
    throw invalid(`has a=sctp-port:${other.sctp?.port} in m-section ${other.mid}; the SFU supports only port ${SCTP_PORT}`);
}

function invalid(problem: string): SfuError {
  return new SfuError('invalid_session_description', `the SDP ${problem}`);
}
