/** Reads what a receiver replies, which may be anything. */

const MS_PER_SECOND = 1_000;
const MAX_SECONDS = 31 * 86_400;
const SECRET = /\bwhsec_[A-Za-z0-9+/=]+/g;

/** Returns the start of a body for display, without control characters and without any webhook secret that the receiver echoed. */
export function beginOf(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  return text.replace(/[^\P{Cc}\t\n]/gu, ' ').replace(SECRET, 'whsec_[redacted]');
}

/**
 * Reads `Retry-After`, which contains seconds or a date.
 *
 * @returns undefined if it is neither
 * @see RFC 9110 §10.2.3
 */
export function retryAfterMsOf(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^[0-9]{1,9}$/.test(header)) return Math.min(Number(header), MAX_SECONDS) * MS_PER_SECOND;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) || !/GMT$/.test(header) ? undefined : Math.max(0, Math.min(atMs - nowMs, MAX_SECONDS * MS_PER_SECOND));
}
