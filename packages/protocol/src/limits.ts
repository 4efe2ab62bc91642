const KIB = 1024;

/** What one request, session or name may cost at most. Units are in the names; docs/api.md §13 holds the reasons. */
export const LIMITS = {
  maxBodyBytes: 1024 * KIB,
  maxSdpBytes: 256 * KIB,
  maxMetadataBytes: 4 * KIB,
  /** Requests use 4 levels; the rest is room for fields we do not know. */
  maxJsonDepth: 8,
  /** All objects and arrays of a request together may have so many values; 64 tracks with all their fields have a tenth of that. */
  maxJsonValues: 10_000,
  maxTracksPerCall: 64,
  maxCallsPerSecondPerSession: 50,
  /** Calls outside a session, and reading: far above what one core can negotiate, low enough to protect other apps. */
  maxCallsPerSecondPerApp: 1000,
  maxMediaSectionsPerSession: 256,
  maxDataChannelsPerSession: 256,
  /** Messages that a data channel keeps for later subscribers; 512 KiB are the other bound. */
  maxRetainedMessages: 256,
  maxDataMessageBytes: 256 * KIB,
  maxUplinkBpsPerTrack: 8_000_000,
  maxNameLength: 128,
  maxIdempotencyKeyLength: 128,
  maxSessionsPerPage: 1000,
} as const;

/**
 * Size of a text as UTF-8, without encoding it: this package has no `TextEncoder` in scope. A lone surrogate counts 3 bytes, as the
 * replacement character it is encoded to.
 */
export function utf8SizeBytes(text: string): number {
  let sizeBytes = text.length;
  // By code units: an iterator makes garbage of every character, and a session description has 100,000.
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    sizeBytes += unit < 0x800 ? 1 : 2;
    // A pair of surrogates is two units and four bytes.
    if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(index + 1))) index++;
  }
  return sizeBytes;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
