import type {
  SdpCandidate,
  SdpDirection,
  SdpFingerprint,
  SdpIceCredentials,
  SdpMsid,
  SdpRid,
  SdpSctp,
  SdpSection,
  SdpSectionKind,
  SdpSetup,
  SdpSimulcast,
  SdpSsrcGroup,
} from './description.ts';
import { isPayloadType, payloadTypeProblem, wholeNumber, wordsOf } from './grammar.ts';
import type { SharedLists } from './read-codecs.ts';

/** The m-line of a section. */
export interface MediaLine {
  readonly kind: SdpSectionKind;
  readonly media: string;
  readonly port: number;
  readonly protocol: string;
  readonly formats: readonly string[];
}

const M_LINE = /^m=([\w-]+) (\d+)(?:\/\d+)? (\S+)((?: +\S+)+)$/;
const MAX_PORT = 65_535;
/** The default of `a=max-message-size` (RFC 8841 §6.1). */
const DEFAULT_MAX_MESSAGE_SIZE = 65_536;
/** Protocol of data sections before RFC 8841, which aiortc still offers. */
const LEGACY_SCTP_PROTOCOL = 'DTLS/SCTP';

/** @returns the m-line, or a text that says what is wrong */
export function readMediaLine(line: string): MediaLine | string {
  const [, media, portDigits, protocol, formatWords] = M_LINE.exec(line) ?? [];
  const port = wholeNumber(portDigits, 0, MAX_PORT);
  if (media === undefined || protocol === undefined || formatWords === undefined || port === undefined) {
    return 'is not m=<media> <port> <protocol> <format> …';
  }
  const kind = media === 'audio' || media === 'video' || media === 'application' ? media : 'other';
  const formats = wordsOf(formatWords);
  const isRtp = (kind === 'audio' || kind === 'video') && protocol.includes('RTP/');
  const unusable = isRtp ? formats.find((format) => !isPayloadType(wholeNumber(format, 0, 127) ?? -1)) : undefined;
  return unusable === undefined ? { kind, media, port, protocol, formats } : payloadTypeProblem(unusable);
}

/** What has been read so far of the session part, or of one section. */
export class DraftSection {
  mid: string | undefined;
  direction: SdpDirection | undefined;
  ufrag: string | undefined;
  password: string | undefined;
  setup: SdpSetup | undefined;
  simulcast: SdpSimulcast | undefined;
  sctpPort: number | undefined;
  maxMessageSize: number | undefined;
  isBundleOnly = false;
  hasEndOfCandidates = false;
  hasRtcpMux = false;
  hasRtcpRsize = false;
  allowsMixedExtensions = false;
  candidateCount = 0;
  ssrcLineCount = 0;
  ridLineCount = 0;
  readonly fingerprints: SdpFingerprint[] = [];
  readonly candidates: SdpCandidate[] = [];
  readonly rtpmaps: string[] = [];
  readonly fmtps: string[] = [];
  readonly feedback: string[] = [];
  readonly extensionLines: string[] = [];
  /** URIs by id, of the extensions read so far. */
  readonly extensionUris = new Map<string, string>();
  readonly msids: SdpMsid[] = [];
  readonly ssrcs = new Map<number, { ssrc: number; cname: string | undefined; msid: SdpMsid | undefined }>();
  readonly ssrcGroups: SdpSsrcGroup[] = [];
  readonly rids: SdpRid[] = [];

  /**
   * @param session provides what the section does not state itself
   * @returns the section, or a text that says why it is invalid
   */
  finish(line: MediaLine, session: DraftSection, lists: SharedLists): SdpSection | string {
    const { kind, media, port, protocol, formats } = line;
    const codecs = kind === 'audio' || kind === 'video' ? lists.codecsOf(formats, this) : [];
    if (codecs === undefined) return 'has too many different codecs; bundled m-sections share 128 payload types';
    const extensions = lists.extensionsOf(this.extensionLines);
    if (extensions === undefined) return 'has too many different header extensions; bundled m-sections share 255 ids';
    return {
      kind,
      media,
      port,
      bundleOnly: this.isBundleOnly,
      protocol,
      formats,
      mid: this.mid,
      direction: this.direction ?? session.direction ?? 'sendrecv',
      ice: credentialsOf(this.ufrag ?? session.ufrag, this.password ?? session.password),
      fingerprints: this.fingerprints.length > 0 ? this.fingerprints : session.fingerprints,
      setup: this.setup ?? session.setup,
      candidates: this.candidates,
      endOfCandidates: this.hasEndOfCandidates,
      rtcpMux: this.hasRtcpMux,
      rtcpRsize: this.hasRtcpRsize,
      codecs,
      extensions,
      msids: this.msids,
      ssrcs: [...this.ssrcs.values()],
      ssrcGroups: this.ssrcGroups,
      rids: this.rids,
      simulcast: this.simulcast,
      sctp: kind === 'application' ? this.#sctp(protocol, formats) : undefined,
    };
  }

  #sctp(protocol: string, formats: readonly string[]): SdpSctp | undefined {
    const legacyPort = protocol === LEGACY_SCTP_PROTOCOL ? wholeNumber(formats[0], 1, MAX_PORT) : undefined;
    const port = this.sctpPort ?? legacyPort;
    return port === undefined ? undefined : { port, maxMessageSize: this.maxMessageSize ?? DEFAULT_MAX_MESSAGE_SIZE };
  }
}

function credentialsOf(ufrag: string | undefined, password: string | undefined): SdpIceCredentials | undefined {
  return ufrag === undefined || password === undefined ? undefined : { ufrag, password };
}
