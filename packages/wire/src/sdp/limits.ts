/** Limits on the cost of reading a description. One that exceeds a limit is refused as a whole. */
export interface SdpLimits {
  /** In UTF-16 units; SDP is ASCII except for names, which are not read. */
  readonly maxLength: number;
  readonly maxLines: number;
  readonly maxLineLength: number;
  readonly maxSections: number;
  readonly maxCodecsPerSection: number;
  /** In all sections; the same codec in another section does not count again. */
  readonly maxDistinctCodecs: number;
  readonly maxExtensionsPerSection: number;
  /** Counted like codecs, in all sections together. */
  readonly maxDistinctExtensions: number;
  readonly maxSsrcLinesPerSection: number;
  readonly maxRidsPerSection: number;
}

/**
 * Chromium 156 offers 32 codecs and 14 extensions in a video section of about 5 KB and 150 lines, and 4 lines for each
 * of at most 6 SSRCs. The longest line is the BUNDLE group of 256 sections. Bundled sections share their 128 payload
 * types and 255 extension ids (RFC 9143 §9.1), so no legitimate description has more than four times as many distinct
 * codecs, or more distinct extensions.
 */
export const DEFAULT_SDP_LIMITS: SdpLimits = {
  maxLength: 512 * 1024,
  maxLines: 40_000,
  maxLineLength: 10_000,
  maxSections: 256,
  maxCodecsPerSection: 64,
  maxDistinctCodecs: 512,
  maxExtensionsPerSection: 64,
  maxDistinctExtensions: 256,
  maxSsrcLinesPerSection: 256,
  maxRidsPerSection: 16,
};

/** Further candidates of a section are skipped, not refused, because a host may have many interfaces. */
export const MAX_CANDIDATES_PER_SECTION = 64;
