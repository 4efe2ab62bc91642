/**
 * NTP timestamps as sender reports and their echoes carry them: seconds since 1900 and a binary fraction of a second.
 * The fraction counts 2^-32 s; with decimal digits instead, audio and video of one sender would be up to a second
 * apart.
 *
 * @see RFC 3550 §4, RFC 5905 §6
 */

/** Seconds from 1900-01-01 to 1970-01-01. */
const UNIX_EPOCH_NTP_SECONDS = 2_208_988_800;
const TWO_POW_32 = 2 ** 32;
/** Smaller NTP seconds belong to the era that begins in February 2036 (RFC 4330 §3). */
const FIRST_ERA_0_SECOND = 2 ** 31;
const COMPACT_UNITS_PER_MS = 65.536;
/** 1/64 s, the coarsest timer tick in use. An echo that appears to be too early by no more than this is a short, rounded round trip. */
const MAX_CLOCK_GRAIN_UNITS = 1024;

/** Converts a Unix time in milliseconds to the integer part of the NTP time, 32 bits. */
export function ntpSecondsFromUnixMs(unixMs: number): number {
  return (Math.floor(unixMs / 1000) + UNIX_EPOCH_NTP_SECONDS) % TWO_POW_32;
}

/** Converts a Unix time in milliseconds to the fraction of the NTP time, in 2^-32 s. */
export function ntpFractionFromUnixMs(unixMs: number): number {
  const milliseconds = unixMs - Math.floor(unixMs / 1000) * 1000;
  return Math.floor((milliseconds / 1000) * TWO_POW_32) >>> 0;
}

/** Converts an NTP time to milliseconds since 1970, for the years 1968 to 2104. */
export function unixMsFromNtp(ntpSeconds: number, ntpFraction: number): number {
  const seconds = ntpSeconds < FIRST_ERA_0_SECOND ? ntpSeconds + TWO_POW_32 : ntpSeconds;
  return (seconds - UNIX_EPOCH_NTP_SECONDS) * 1000 + (ntpFraction / TWO_POW_32) * 1000;
}

/** Returns the middle 32 bits of an NTP time, in 2^-16 s: the form of LSR, and of the arrival time from which round trips are computed. */
export function compactNtp(ntpSeconds: number, ntpFraction: number): number {
  return (((ntpSeconds & 0xffff) << 16) | (ntpFraction >>> 16)) >>> 0;
}

/** Converts a duration to units of 2^-16 s, the form of DLSR. Durations above 18 hours become the longest possible. */
export function compactNtpFromMs(durationMs: number): number {
  return Math.min(Math.max(Math.round(durationMs * COMPACT_UNITS_PER_MS), 0), TWO_POW_32 - 1);
}

/**
 * Computes the round trip from a report block.
 *
 * @param nowCompact when the report arrived, on the clock of the sender reports
 * @returns milliseconds; undefined if the peer has not received a sender report yet, or if its echo lies in the future
 * because it is forged or a clock was set
 * @see RFC 3550 §6.4.1
 */
export function roundTripMs(nowCompact: number, lastSenderReport: number, delaySinceLastSenderReport: number): number | undefined {
  if (lastSenderReport === 0) return undefined;
  const units = (nowCompact - lastSenderReport - delaySinceLastSenderReport) | 0;
  return units < -MAX_CLOCK_GRAIN_UNITS ? undefined : Math.max(units, 0) / COMPACT_UNITS_PER_MS;
}
