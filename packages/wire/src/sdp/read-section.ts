import type { MediaAttributes } from 'sdp-transform';
import type {
  SdpCandidate,
  SdpDirection,
  SdpExtension,
  SdpFingerprint,
  SdpIceCredentials,
  SdpRid,
  SdpSctp,
  SdpSection,
  SdpSectionKind,
  SdpSetup,
} from './description.ts';
import { readCodecs } from './read-codecs.ts';
import { readSimulcast } from './read-simulcast.ts';
import { readSsrcGroups, readSsrcs } from './read-ssrcs.ts';
import { directionOf, fingerprintsOf, msidOf, setupOf, text, wholeNumber } from './read-values.ts';
import type { VerbatimAttributes } from './scan.ts';

/** What a section takes from the session when it does not say so itself. */
export interface SessionDefaults {
  readonly direction: SdpDirection;
  readonly ufrag: string | undefined;
  readonly password: string | undefined;
  readonly setup: SdpSetup | undefined;
  readonly fingerprints: readonly SdpFingerprint[];
}

const MAX_PORT = 65_535;
const MAX_EXTENSION_ID = 255;
const MAX_UINT32 = 2 ** 32 - 1;
/** What RFC 8841 §6.1 assumes when there is no `a=max-message-size`. */
const DEFAULT_MAX_MESSAGE_SIZE = 65_536;
/** Protocol and format of data sections before RFC 8841; aiortc still offers it. */
const LEGACY_SCTP_PROTOCOL = 'DTLS/SCTP';

/** @returns undefined if the m-line is malformed */
export function readSection(
  media: MediaAttributes,
  defaults: SessionDefaults,
  verbatim: VerbatimAttributes | undefined,
): SdpSection | undefined {
  const name = text(media.type);
  const port = wholeNumber(media.port, 0, MAX_PORT);
  const protocol = text(media.protocol);
  if (name === undefined || port === undefined || protocol === undefined) return undefined;
  const kind = kindOf(name);
  const formats = (text(media.payloads) ?? '').split(' ').filter((word) => word !== '');
  const fingerprints = fingerprintsOf(verbatim);
  return {
    kind,
    media: name,
    port,
    bundleOnly: media.bundleOnly !== undefined,
    protocol,
    formats,
    mid: text(media.mid),
    direction: directionOf(media.direction) ?? defaults.direction,
    ice: readIce(media, defaults),
    fingerprints: fingerprints.length > 0 ? fingerprints : defaults.fingerprints,
    setup: setupOf(media.setup) ?? defaults.setup,
    candidates: readCandidates(media),
    endOfCandidates: media.endOfCandidates !== undefined,
    rtcpMux: media.rtcpMux !== undefined,
    rtcpRsize: media.rtcpRsize !== undefined,
    codecs: kind === 'audio' || kind === 'video' ? readCodecs(media, formats) : [],
    extensions: readExtensions(media),
    msids: (verbatim?.msids ?? []).map(msidOf).filter((msid) => msid !== undefined),
    ssrcs: readSsrcs(media),
    ssrcGroups: readSsrcGroups(media),
    rids: readRids(media),
    simulcast: readSimulcast(media),
    sctp: kind === 'application' ? readSctp(media, protocol, formats) : undefined,
  };
}

function kindOf(name: string): SdpSectionKind {
  return name === 'audio' || name === 'video' || name === 'application' ? name : 'other';
}

function readIce(media: MediaAttributes, defaults: SessionDefaults): SdpIceCredentials | undefined {
  const ufrag = text(media.iceUfrag) ?? defaults.ufrag;
  const password = text(media.icePwd) ?? defaults.password;
  return ufrag === undefined || password === undefined ? undefined : { ufrag, password };
}

function readCandidates(media: MediaAttributes): readonly SdpCandidate[] {
  const candidates = [];
  for (const line of media.candidates ?? []) {
    const priority = wholeNumber(line.priority, 0, MAX_UINT32);
    const port = wholeNumber(line.port, 0, MAX_PORT);
    const isHostUdp = line.type === 'host' && text(line.transport)?.toLowerCase() === 'udp' && line.component === 1;
    if (!isHostUdp || priority === undefined || port === undefined) continue;
    candidates.push({ foundation: String(line.foundation), priority, address: String(line.ip), port });
  }
  return candidates;
}

function readExtensions(media: MediaAttributes): readonly SdpExtension[] {
  const extensions = [];
  for (const line of media.ext ?? []) {
    const id = wholeNumber(line.value, 1, MAX_EXTENSION_ID);
    const uri = text(line.uri);
    if (id === undefined || uri === undefined) continue;
    extensions.push({ id, uri, direction: directionOf(text(line.direction)) ?? 'sendrecv' });
  }
  return extensions;
}

function readRids(media: MediaAttributes): readonly SdpRid[] {
  const rids = [];
  for (const line of media.rids ?? []) {
    if (line.direction !== 'send' && line.direction !== 'recv') continue;
    const direction: SdpRid['direction'] = line.direction;
    rids.push({ id: String(line.id), direction, restrictions: text(line.params) ?? '' });
  }
  return rids;
}

function readSctp(media: MediaAttributes, protocol: string, formats: readonly string[]): SdpSctp | undefined {
  const legacyPort = protocol === LEGACY_SCTP_PROTOCOL ? Number(formats[0]) : undefined;
  const port = wholeNumber(media.sctpPort ?? legacyPort, 1, MAX_PORT);
  if (port === undefined) return undefined;
  return { port, maxMessageSize: wholeNumber(media.maxMessageSize, 0, Number.MAX_SAFE_INTEGER) ?? DEFAULT_MAX_MESSAGE_SIZE };
}
