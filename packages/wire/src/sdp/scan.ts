/**
 * First pass over SDP text: enforces the limits line by line, drops what nobody reads, and keeps verbatim the few attributes that
 * the grammar of sdp-transform would cut short. What is left is small and safe to hand to it.
 */
import { MAX_CANDIDATES_PER_SECTION, type SdpLimits } from './limits.ts';
import type { SdpFailure } from './parse.ts';

/** Attributes of the session (index 0) or of one section that are read here and not by sdp-transform. */
export interface VerbatimAttributes {
  /** Values of `a=msid`: sdp-transform stops at the braces of Firefox's ids and at the base64 of old Chromium's. */
  readonly msids: readonly string[];
  /** Values of `a=fingerprint`: sdp-transform keeps only the last. */
  readonly fingerprints: readonly string[];
}

export interface ScannedSdp {
  readonly ok: true;
  readonly text: string;
  readonly verbatim: readonly VerbatimAttributes[];
}

const READ_ATTRIBUTES: ReadonlySet<string> = new Set([
  'bundle-only',
  'candidate',
  'end-of-candidates',
  'extmap',
  'extmap-allow-mixed',
  'fmtp',
  'group',
  'ice-lite',
  'ice-options',
  'ice-pwd',
  'ice-ufrag',
  'inactive',
  'max-message-size',
  'mid',
  'recvonly',
  'rid',
  'rtcp-fb',
  'rtcp-mux',
  'rtcp-rsize',
  'rtpmap',
  'sctp-port',
  'sctpmap',
  'sendonly',
  'sendrecv',
  'setup',
  'simulcast',
  'ssrc',
  'ssrc-group',
]);

/** How many lines of these one section may have. */
const COUNTED_ATTRIBUTES: ReadonlyMap<string, keyof SdpLimits> = new Map([
  ['rtpmap', 'maxCodecsPerSection'],
  ['extmap', 'maxExtensionsPerSection'],
  ['ssrc', 'maxSsrcLinesPerSection'],
  ['rid', 'maxRidsPerSection'],
]);

export function scanSdp(text: string, limits: SdpLimits): ScannedSdp | SdpFailure {
  if (text.length > limits.maxLength) return { ok: false, reason: `is longer than ${limits.maxLength} characters` };
  if (!text.startsWith('v=0')) return { ok: false, reason: 'does not begin with v=0' };
  const scan = new Scan(limits);
  let start = 0;
  while (start < text.length) {
    const end = lineEnd(text, start);
    const failure = scan.readLine(text.slice(start, end));
    if (failure !== undefined) return failure;
    start = end + 1;
  }
  return scan.result();
}

/** Lines end with CRLF; a lone LF is accepted too, as RFC 8866 §5 asks of readers. The CR is trimmed with other trailing space. */
function lineEnd(text: string, start: number): number {
  const feed = text.indexOf('\n', start);
  return feed === -1 ? text.length : feed;
}

class Scan {
  readonly #limits: SdpLimits;
  readonly #kept: string[] = [];
  readonly #verbatim: { msids: string[]; fingerprints: string[] }[] = [{ msids: [], fingerprints: [] }];
  #lineNo = 0;
  #countOf = new Map<string, number>();

  constructor(limits: SdpLimits) {
    this.#limits = limits;
  }

  readLine(line: string): SdpFailure | undefined {
    this.#lineNo++;
    if (this.#lineNo > this.#limits.maxLines) return this.#fail(`has more than ${this.#limits.maxLines} lines`);
    if (line.length > this.#limits.maxLineLength) return this.#fail(`is longer than ${this.#limits.maxLineLength} characters`);
    const content = line.trimEnd();
    if (content.startsWith('a=')) return this.#readAttribute(content);
    if (content.startsWith('m=')) return this.#beginSection(content);
    if (content.startsWith('v=') || content.startsWith('o=')) this.#kept.push(content);
    return undefined;
  }

  result(): ScannedSdp {
    return { ok: true, text: this.#kept.join('\n'), verbatim: this.#verbatim };
  }

  #beginSection(line: string): SdpFailure | undefined {
    if (this.#verbatim.length > this.#limits.maxSections) return this.#fail(`has more than ${this.#limits.maxSections} m-sections`);
    if (line.split(' ').length - 3 > this.#limits.maxCodecsPerSection) {
      return this.#fail(`lists more than ${this.#limits.maxCodecsPerSection} payload types`);
    }
    this.#verbatim.push({ msids: [], fingerprints: [] });
    this.#countOf = new Map();
    this.#kept.push(line);
    return undefined;
  }

  #readAttribute(line: string): SdpFailure | undefined {
    const colon = line.indexOf(':');
    const name = colon === -1 ? line.slice(2) : line.slice(2, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).trim();
    const verbatim = this.#verbatim[this.#verbatim.length - 1];
    if (name === 'msid') verbatim?.msids.push(value);
    else if (name === 'fingerprint') verbatim?.fingerprints.push(value);
    else if (READ_ATTRIBUTES.has(name)) return this.#keepCounted(name, line);
    return undefined;
  }

  #keepCounted(name: string, line: string): SdpFailure | undefined {
    const count = (this.#countOf.get(name) ?? 0) + 1;
    this.#countOf.set(name, count);
    const limit = COUNTED_ATTRIBUTES.get(name);
    if (limit !== undefined && count > this.#limits[limit]) {
      return this.#fail(`is one a=${name} line more than the ${this.#limits[limit]} that a section may have`);
    }
    if (name !== 'candidate' || count <= MAX_CANDIDATES_PER_SECTION) this.#kept.push(line);
    return undefined;
  }

  #fail(problem: string): SdpFailure {
    return { ok: false, reason: `line ${this.#lineNo} ${problem}`, line: this.#lineNo };
  }
}
