/**
 * The supported attributes, with one reader each that stores the value in a draft. A reader returns what is wrong with
 * a value that no RFC allows, as the end of a sentence that begins with "line 12"; it skips values that it merely does
 * not understand.
 */

import type { SdpSimulcast } from './description.ts';
import type { DraftSection } from './draft-section.ts';
import {
  isExtensionId,
  isPayloadType,
  msidOf,
  passwordProblem,
  payloadTypeProblem,
  readFingerprint,
  ridProblem,
  setupOf,
  ufragProblem,
  wholeNumber,
  wordsOf,
} from './grammar.ts';
import { MAX_CANDIDATES_PER_SECTION, type SdpLimits } from './limits.ts';

type ReadAttribute = (draft: DraftSection, value: string, limits: SdpLimits) => string | undefined;

const MAX_UINT32 = 2 ** 32 - 1;
const MAX_PORT = 65_535;
const MAX_FINGERPRINTS = 16;
const LEADING_DIGITS = /^\d+/;

/** Readers by attribute name. Lines of other attributes are skipped. */
export const ATTRIBUTES: ReadonlyMap<string, ReadAttribute> = new Map<string, ReadAttribute>([
  ['sendrecv', (draft) => readDirection(draft, 'sendrecv')],
  ['sendonly', (draft) => readDirection(draft, 'sendonly')],
  ['recvonly', (draft) => readDirection(draft, 'recvonly')],
  ['inactive', (draft) => readDirection(draft, 'inactive')],
  ['mid', readMid],
  ['ice-ufrag', readUfrag],
  ['ice-pwd', readPassword],
  ['fingerprint', addFingerprint],
  ['setup', readSetup],
  ['candidate', readCandidate],
  ['end-of-candidates', flag('hasEndOfCandidates')],
  ['bundle-only', flag('isBundleOnly')],
  ['rtcp-mux', flag('hasRtcpMux')],
  ['rtcp-rsize', flag('hasRtcpRsize')],
  ['extmap-allow-mixed', flag('allowsMixedExtensions')],
  ['rtpmap', readRtpmap],
  ['fmtp', (draft, value) => void draft.fmtps.push(value)],
  ['rtcp-fb', (draft, value) => void draft.feedback.push(value)],
  ['extmap', readExtmap],
  ['msid', addMsid],
  ['ssrc', readSsrc],
  ['ssrc-group', readSsrcGroup],
  ['rid', readRid],
  ['simulcast', readSimulcastOnce],
  ['sctp-port', readSctpPort],
  ['max-message-size', readMaxMessageSize],
]);

type Flag = 'hasEndOfCandidates' | 'isBundleOnly' | 'hasRtcpMux' | 'hasRtcpRsize' | 'allowsMixedExtensions';

function flag(name: Flag): ReadAttribute {
  return (draft) => {
    draft[name] = true;
    return undefined;
  };
}

function readDirection(draft: DraftSection, direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'): string | undefined {
  if (draft.direction !== undefined && draft.direction !== direction) return `says a=${direction} after a=${draft.direction}`;
  draft.direction = direction;
  return undefined;
}

function readMid(draft: DraftSection, value: string): string | undefined {
  if (value === '') return undefined;
  if (draft.mid !== undefined && draft.mid !== value) return 'is a second a=mid in its m-section';
  draft.mid = value;
  return undefined;
}

function readUfrag(draft: DraftSection, value: string): string | undefined {
  if (draft.ufrag !== undefined && draft.ufrag !== value) return 'is a second a=ice-ufrag';
  draft.ufrag = value;
  return ufragProblem(value);
}

function readPassword(draft: DraftSection, value: string): string | undefined {
  if (draft.password !== undefined && draft.password !== value) return 'is a second a=ice-pwd';
  draft.password = value;
  return passwordProblem(value);
}

function addFingerprint(draft: DraftSection, value: string): string | undefined {
  const fingerprint = readFingerprint(value);
  if (typeof fingerprint === 'string') return fingerprint;
  if (draft.fingerprints.length >= MAX_FINGERPRINTS) return `is one a=fingerprint line more than ${MAX_FINGERPRINTS}`;
  draft.fingerprints.push(fingerprint);
  return undefined;
}

function readSetup(draft: DraftSection, value: string): undefined {
  draft.setup = setupOf(value);
}

function readCandidate(draft: DraftSection, value: string): undefined {
  if (++draft.candidateCount > MAX_CANDIDATES_PER_SECTION) return;
  const [foundation, component, transport, priorityDigits, address, portDigits, , type] = value.split(' ', 8);
  if (component !== '1' || transport?.toLowerCase() !== 'udp' || type !== 'host') return;
  const priority = wholeNumber(priorityDigits, 0, MAX_UINT32);
  const port = wholeNumber(portDigits, 0, MAX_PORT);
  if (foundation === undefined || address === undefined || priority === undefined || port === undefined) return;
  draft.candidates.push({ foundation, priority, address, port });
}

function readRtpmap(draft: DraftSection, value: string, { maxCodecsPerSection }: SdpLimits): string | undefined {
  const [payloadType] = LEADING_DIGITS.exec(value) ?? [];
  if (payloadType !== undefined && !isPayloadType(Number(payloadType))) return payloadTypeProblem(payloadType);
  return addLine(draft.rtpmaps, value, 'rtpmap', maxCodecsPerSection);
}

function readExtmap(draft: DraftSection, value: string, { maxExtensionsPerSection }: SdpLimits): string | undefined {
  const [id] = LEADING_DIGITS.exec(value) ?? [];
  if (id === undefined) return undefined;
  if (!isExtensionId(Number(id))) return `has the header extension id ${id.slice(0, 20)}; expected 1 to 255`;
  const uri = value.slice(value.indexOf(' ') + 1);
  const known = draft.extensionUris.get(id);
  if (known !== undefined && known !== uri) return `gives the header extension id ${id} a second meaning in its m-section`;
  draft.extensionUris.set(id, uri);
  return addLine(draft.extensionLines, value, 'extmap', maxExtensionsPerSection);
}

function addMsid(draft: DraftSection, value: string, { maxSsrcLinesPerSection }: SdpLimits): string | undefined {
  const msid = msidOf(value);
  if (msid === undefined) return undefined;
  if (draft.msids.length >= maxSsrcLinesPerSection) return tooMany('msid', maxSsrcLinesPerSection);
  draft.msids.push(msid);
  return undefined;
}

/** Merges the lines of one SSRC into one entry, in the order of first mention (RFC 5576 §4.1). */
function readSsrc(draft: DraftSection, value: string, { maxSsrcLinesPerSection }: SdpLimits): string | undefined {
  if (++draft.ssrcLineCount > maxSsrcLinesPerSection) return tooMany('ssrc', maxSsrcLinesPerSection);
  const [digits] = LEADING_DIGITS.exec(value) ?? [];
  if (digits === undefined) return undefined;
  const ssrc = wholeNumber(digits, 0, MAX_UINT32);
  if (ssrc === undefined) return `has the SSRC ${digits.slice(0, 20)}; an SSRC has 32 bits`;
  const entry = draft.ssrcs.get(ssrc) ?? { ssrc, cname: undefined, msid: undefined };
  const attribute = value.slice(digits.length + 1);
  if (attribute.startsWith('cname:')) entry.cname = attribute.slice('cname:'.length);
  if (attribute.startsWith('msid:')) entry.msid = msidOf(attribute.slice('msid:'.length)) ?? entry.msid;
  draft.ssrcs.set(ssrc, entry);
  return undefined;
}

function readSsrcGroup(draft: DraftSection, value: string, { maxSsrcLinesPerSection }: SdpLimits): string | undefined {
  if (draft.ssrcGroups.length >= maxSsrcLinesPerSection) return tooMany('ssrc-group', maxSsrcLinesPerSection);
  const [semantics, ...words] = value.split(' ');
  const ssrcs = words.map((word) => wholeNumber(word, 0, MAX_UINT32)).filter((ssrc) => ssrc !== undefined);
  if (semantics !== undefined && ssrcs.length > 1) draft.ssrcGroups.push({ semantics, ssrcs });
  return undefined;
}

function readRid(draft: DraftSection, value: string, { maxRidsPerSection }: SdpLimits): string | undefined {
  const [id = '', direction, restrictions = ''] = value.split(' ', 3);
  const problem = ridProblem(id);
  if (problem !== undefined) return problem;
  if (++draft.ridLineCount > maxRidsPerSection) return tooMany('rid', maxRidsPerSection);
  if (direction !== 'send' && direction !== 'recv') return undefined;
  const known = draft.rids.find((rid) => rid.id === id);
  if (known?.direction === direction && known.restrictions === restrictions) return undefined;
  if (known !== undefined) return `gives the rid ${id} a second meaning in its m-section`;
  draft.rids.push({ id, direction, restrictions });
  return undefined;
}

function readSimulcastOnce(draft: DraftSection, value: string): string | undefined {
  if (draft.simulcast !== undefined) return 'is a second a=simulcast in its m-section';
  draft.simulcast = readSimulcast(value);
  return undefined;
}

function readSctpPort(draft: DraftSection, value: string): undefined {
  draft.sctpPort = wholeNumber(value, 1, MAX_PORT);
}

function readMaxMessageSize(draft: DraftSection, value: string): undefined {
  draft.maxMessageSize = wholeNumber(value, 0, Number.MAX_SAFE_INTEGER);
}

function addLine(lines: string[], line: string, name: string, limit: number): string | undefined {
  if (lines.length >= limit) return tooMany(name, limit);
  lines.push(line);
  return undefined;
}

function tooMany(name: string, limit: number): string {
  return `is one a=${name} line more than the ${limit} that a section may have`;
}

/**
 * Reads the layers of `a=simulcast`, in the form of RFC 8853 or of its draft 03, `send rid=q;h;f`, which old Firefox
 * writes.
 *
 * @param value the text after `simulcast:`
 */
function readSimulcast(value: string): SdpSimulcast {
  const words = wordsOf(value);
  const listAfter = (direction: string): readonly string[] => {
    const at = words.indexOf(direction);
    const list = at === -1 ? undefined : words[at + 1];
    return ridsOf(list?.startsWith('rid=') === true ? list.slice('rid='.length) : list);
  };
  return { send: listAfter('send'), recv: listAfter('recv') };
}

/** `1,2;~3` asks for a layer sent as 1 or else as 2, and for a paused layer 3. */
function ridsOf(list: string | undefined): readonly string[] {
  return (list ?? '')
    .split(';')
    .map((alternatives) => alternatives.split(',')[0]?.replace('~', '') ?? '')
    .filter((rid) => rid !== '');
}
