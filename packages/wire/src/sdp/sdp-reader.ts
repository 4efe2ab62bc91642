import { ATTRIBUTES } from './attributes.ts';
import type { SdpDescription, SdpOrigin, SdpSection } from './description.ts';
import { DraftSection, type MediaLine, readMediaLine } from './draft-section.ts';
import { wordsOf } from './grammar.ts';
import { DEFAULT_SDP_LIMITS, type SdpLimits } from './limits.ts';
import { SharedLists } from './read-codecs.ts';

/** Why a text was refused as SDP. */
export interface SdpFailure {
  readonly ok: false;
  /** Continues a sentence that begins with "the SDP"; names the line if one is at fault. */
  readonly reason: string;
  /** Line number, from 1. */
  readonly line?: number;
}

/** The result of reading a valid description. */
export interface ParsedSdp {
  readonly ok: true;
  readonly description: SdpDescription;
}

/** Types of lines in the session part and in a section that are allowed but not used (RFC 8866 §5). */
const SESSION_LINES = 'iuepcbrzk';
const SECTION_LINES = 'icbk';
const TYPES = 'vosiuepcbtrzkam';
const TIMING = /^\d+ +\d+$/;
const NUMBER = /^\d{1,20}$/;

/**
 * Reads a session description a few lines at a time, so that a caller that shares its thread with packets can interrupt
 * a long one. It accepts any text, never throws, and spends about the same time on each line.
 *
 * @see RFC 8866 §5
 */
export class SdpReader {
  readonly #text: string;
  readonly #limits: SdpLimits;
  readonly #lists: SharedLists;
  readonly #session = new DraftSection();
  readonly #sections: SdpSection[] = [];
  readonly #rtpSections = { count: 0, allowingMixed: 0 };
  #draft = this.#session;
  #mediaLine: MediaLine | undefined;
  #origin: SdpOrigin = { username: '-', sessionId: '0', version: '0' };
  #hasOrigin = false;
  #hasName = false;
  #hasTiming = false;
  #iceLite = false;
  #iceOptions: readonly string[] = [];
  #bundle: readonly string[] | undefined;
  #at = 0;
  #lineNo = 0;

  constructor(text: string, limits: SdpLimits) {
    this.#text = text;
    this.#limits = limits;
    this.#lists = new SharedLists(limits);
  }

  /** @returns undefined while there is more to read */
  read(lines: number): ParsedSdp | SdpFailure | undefined {
    if (this.#at === 0 && this.#text.length > this.#limits.maxLength) {
      return { ok: false, reason: `is longer than ${this.#limits.maxLength} characters` };
    }
    for (let count = 0; count < lines; count++) {
      if (this.#at >= this.#text.length) return this.#finish();
      const problem = this.#readLine(this.#nextLine());
      if (problem !== undefined) return typeof problem === 'string' ? this.#failAtLine(problem) : problem;
    }
    return undefined;
  }

  /** Lines end with CRLF; a lone LF is also accepted, as RFC 8866 §5 asks of readers. The CR is trimmed with other trailing space. */
  #nextLine(): string {
    const feed = this.#text.indexOf('\n', this.#at);
    const end = feed === -1 ? this.#text.length : feed;
    const line = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    this.#lineNo++;
    return line;
  }

  /** @returns what is wrong; a text refers to this line */
  #readLine(line: string): string | SdpFailure | undefined {
    if (this.#lineNo > this.#limits.maxLines) return `has more than ${this.#limits.maxLines} lines`;
    if (line.length > this.#limits.maxLineLength) return `is longer than ${this.#limits.maxLineLength} characters`;
    const content = line.trimEnd();
    if (this.#lineNo === 1) return content === 'v=0' ? undefined : 'is not v=0';
    if (content.startsWith('a=')) return this.#readAttribute(content);
    if (content.startsWith('m=')) return this.#beginSection(content);
    return content === '' ? undefined : this.#readOther(content);
  }

  #readAttribute(line: string): string | undefined {
    const colon = line.indexOf(':');
    const name = colon === -1 ? line.slice(2) : line.slice(2, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).trim();
    if (this.#mediaLine === undefined && this.#readSessionAttribute(name, value)) return undefined;
    return ATTRIBUTES.get(name)?.(this.#draft, value, this.#limits);
  }

  /** @returns whether it was an attribute that exists only at session level */
  #readSessionAttribute(name: string, value: string): boolean {
    switch (name) {
      case 'ice-lite':
        this.#iceLite = true;
        return true;
      case 'ice-options':
        this.#iceOptions = wordsOf(value);
        return true;
      case 'group': {
        const [semantics, ...mids] = wordsOf(value);
        if (semantics === 'BUNDLE') this.#bundle ??= mids;
        return true;
      }
      default:
        return false;
    }
  }

  #beginSection(line: string): string | SdpFailure | undefined {
    const failure = this.#endPart();
    if (failure !== undefined) return failure;
    if (this.#sections.length >= this.#limits.maxSections) return `has more than ${this.#limits.maxSections} m-sections`;
    const mediaLine = readMediaLine(line);
    if (typeof mediaLine === 'string') return mediaLine;
    const { maxCodecsPerSection } = this.#limits;
    if (mediaLine.formats.length > maxCodecsPerSection) return `lists more than ${maxCodecsPerSection} payload types`;
    this.#mediaLine = mediaLine;
    this.#draft = new DraftSection();
    return undefined;
  }

  /** Ends the session part, or the current m-section. */
  #endPart(): SdpFailure | undefined {
    if (this.#mediaLine === undefined) return this.#sessionFailure();
    const section = this.#draft.finish(this.#mediaLine, this.#session, this.#lists);
    if (typeof section === 'string') return { ok: false, reason: section };
    this.#sections.push(section);
    if (section.kind === 'audio' || section.kind === 'video') {
      this.#rtpSections.count++;
      if (this.#draft.allowsMixedExtensions) this.#rtpSections.allowingMixed++;
    }
    return undefined;
  }

  #sessionFailure(): SdpFailure | undefined {
    const missing = [...(this.#hasOrigin ? [] : ['o=']), ...(this.#hasName ? [] : ['s=']), ...(this.#hasTiming ? [] : ['t='])];
    return missing.length === 0 ? undefined : { ok: false, reason: `lacks ${missing.join(', ')} before its first m-line` };
  }

  #readOther(line: string): string | undefined {
    const type = line.charAt(0);
    if (line.charAt(1) !== '=' || !TYPES.includes(type)) return 'is not SDP, whose lines are <type>=<value>';
    if (this.#mediaLine !== undefined) return SECTION_LINES.includes(type) ? undefined : `is ${type}= in an m-section`;
    if (SESSION_LINES.includes(type)) return undefined;
    const value = line.slice(2);
    if (type === 'o') return this.#readOrigin(value);
    if (type === 's' && !this.#hasName) {
      this.#hasName = true;
      return undefined;
    }
    if (type !== 't') return `is a second ${type}=`;
    this.#hasTiming = true;
    return TIMING.test(value) ? undefined : 'is not t=<start> <stop>';
  }

  #readOrigin(value: string): string | undefined {
    if (this.#hasOrigin) return 'is a second o=';
    const [username, sessionId = '', version = '', , , address] = wordsOf(value);
    const isComplete = username !== undefined && address !== undefined && NUMBER.test(sessionId) && NUMBER.test(version);
    if (!isComplete) return 'is not o=<name> <session id> <version> IN IP4 <address>';
    this.#hasOrigin = true;
    this.#origin = { username, sessionId, version };
    return undefined;
  }

  #finish(): ParsedSdp | SdpFailure {
    if (this.#lineNo === 0) return { ok: false, reason: 'is empty' };
    const failure = this.#endPart();
    if (failure !== undefined) return failure;
    const { count, allowingMixed } = this.#rtpSections;
    return {
      ok: true,
      description: {
        origin: this.#origin,
        iceLite: this.#iceLite,
        iceOptions: this.#iceOptions,
        bundle: this.#bundle ?? [],
        // Firefox writes the attribute in every section instead of once.
        extmapAllowMixed: this.#session.allowsMixedExtensions || (count > 0 && allowingMixed === count),
        sections: this.#sections,
      },
    };
  }

  #failAtLine(problem: string): SdpFailure {
    return { ok: false, reason: `line ${this.#lineNo} ${problem}`, line: this.#lineNo };
  }
}

/**
 * Reads a session description at once. Unknown attributes are skipped, as SDP requires; a text is refused if it exceeds
 * a limit, is not SDP, or has values that no RFC allows.
 *
 * It accepts any text, never throws, and takes time linear in its length.
 *
 * @see RFC 8866 §5
 */
export function parseSdp(sdp: string, limits: SdpLimits = DEFAULT_SDP_LIMITS): ParsedSdp | SdpFailure {
  const reader = new SdpReader(sdp, limits);
  return reader.read(Number.POSITIVE_INFINITY) ?? { ok: false, reason: 'has no end' };
}
