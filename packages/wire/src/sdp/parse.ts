import { type MediaAttributes, parse as parseText, type SessionAttributes } from 'sdp-transform';
import type { SdpDescription, SdpOrigin } from './description.ts';
import { DEFAULT_SDP_LIMITS, type SdpLimits } from './limits.ts';
import { readSection, type SessionDefaults } from './read-section.ts';
import { directionOf, fingerprintsOf, setupOf, text } from './read-values.ts';
import { type ScannedSdp, scanSdp } from './scan.ts';

export interface SdpFailure {
  readonly ok: false;
  /** Continues a sentence that begins with "the SDP"; names the line or section. */
  readonly reason: string;
  /** Counted from 1. */
  readonly line?: number;
}

export interface ParsedSdp {
  readonly ok: true;
  readonly description: SdpDescription;
}

/**
 * Reads a session description. Lines that are unknown or malformed are skipped, as SDP asks; refused is only what breaks a limit,
 * is not SDP at all, or leaves a section without a name to speak about.
 *
 * Takes any text, never throws, and takes time linear in its length.
 *
 * @see RFC 8866 §5
 */
export function parseSdp(sdp: string, limits: SdpLimits = DEFAULT_SDP_LIMITS): ParsedSdp | SdpFailure {
  const scanned = scanSdp(sdp, limits);
  return scanned.ok ? readDescription(scanned) : scanned;
}

function readDescription(scanned: ScannedSdp): ParsedSdp | SdpFailure {
  const session = parseText(scanned.text);
  const defaults = sessionDefaults(session, scanned);
  const sections = [];
  for (const [index, media] of session.media.entries()) {
    const section = readSection(media, defaults, scanned.verbatim[index + 1]);
    if (section === undefined) return { ok: false, reason: `m-section ${index} has a malformed m-line` };
    sections.push(section);
  }
  const bundle = session.groups?.find((group) => text(group.type) === 'BUNDLE');
  return {
    ok: true,
    description: {
      origin: readOrigin(session),
      iceLite: session.icelite !== undefined,
      iceOptions: words(session.iceOptions),
      bundle: words(bundle?.mids),
      // Firefox writes it in every section instead of once.
      extmapAllowMixed: session.extmapAllowMixed !== undefined || everyRtpSectionAllowsMixed(session.media),
      sections,
    },
  };
}

function sessionDefaults(session: SessionAttributes, scanned: ScannedSdp): SessionDefaults {
  return {
    direction: directionOf(session.direction) ?? 'sendrecv',
    ufrag: text(session.iceUfrag),
    password: text(session.icePwd),
    setup: setupOf(session.setup),
    fingerprints: fingerprintsOf(scanned.verbatim[0]),
  };
}

function readOrigin(session: SessionAttributes): SdpOrigin {
  const origin = session.origin;
  return {
    username: text(origin?.username) ?? '-',
    sessionId: text(origin?.sessionId) ?? '0',
    version: text(origin?.sessionVersion) ?? '0',
  };
}

function everyRtpSectionAllowsMixed(media: readonly MediaAttributes[]): boolean {
  const rtpSections = media.filter((section) => section.type === 'audio' || section.type === 'video');
  return rtpSections.length > 0 && rtpSections.every((section) => section.extmapAllowMixed !== undefined);
}

function words(value: string | number | undefined): readonly string[] {
  return (text(value) ?? '').split(' ').filter((word) => word !== '');
}
