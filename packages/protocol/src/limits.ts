const KIB = 1024;

/** Upper bounds of one request, session or name. Units are in the names; docs/api.md §13 gives the reasons. */
export const LIMITS = {
  maxBodyBytes: 1024 * KIB,
  maxSdpBytes: 256 * KIB,
  maxMetadataBytes: 4 * KIB,
  /** Requests use 4 levels; the rest is reserved for unknown fields. */
  maxJsonDepth: 8,
  /** The number of values in all objects and arrays of a request together; 64 tracks with all their fields have a tenth of that. */
  maxJsonValues: 10_000,
  maxTracksPerCall: 64,
  maxCallsPerSecondPerSession: 50,
  /** Calls outside a session, and reads: far above what one core can negotiate, low enough to protect other apps. */
  maxCallsPerSecondPerApp: 1000,
  maxMediaSectionsPerSession: 256,
  maxDataChannelsPerSession: 256,
  /** Messages that a data channel retains for later subscribers, who receive at most 512 KiB. */
  maxRetainedMessages: 256,
  maxDataMessageBytes: 256 * KIB,
  maxUplinkBpsPerTrack: 8_000_000,
  maxNameLength: 128,
  maxIdempotencyKeyLength: 128,
  maxSessionsPerPage: 1000,
} as const;

/**
 * Returns the size of a text in UTF-8 without encoding it, since this package has no `TextEncoder`. A lone surrogate
 * counts 3 bytes, like the replacement character that encodes it.
 */
export function utf8SizeBytes(text: string): number {
  let sizeBytes = text.length;
  // Iterating by code unit avoids allocating a string per character; a session description has 100,000 of them.
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
