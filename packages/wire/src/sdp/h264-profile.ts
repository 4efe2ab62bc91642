/** Default of `profile-level-id`: Baseline, level 1 (RFC 6184 §8.1). */
const DEFAULT_PROFILE_LEVEL_ID = '42000a';

interface ProfilePattern {
  readonly profileIdc: number;
  /** The bits of profile-iop that matter, and their required values. */
  readonly mask: number;
  readonly bits: number;
  readonly profile: string;
}

/** Several pairs of bytes denote the same profile (RFC 6184 §8.1, table 5; ITU-T H.264 A.2). */
const PROFILES: readonly ProfilePattern[] = [
  { profileIdc: 0x42, mask: 0b0100_1111, bits: 0b0100_0000, profile: 'constrained-baseline' },
  { profileIdc: 0x4d, mask: 0b1000_1111, bits: 0b1000_0000, profile: 'constrained-baseline' },
  { profileIdc: 0x58, mask: 0b1100_1111, bits: 0b1100_0000, profile: 'constrained-baseline' },
  { profileIdc: 0x42, mask: 0b0100_1111, bits: 0b0000_0000, profile: 'baseline' },
  { profileIdc: 0x58, mask: 0b1100_1111, bits: 0b1000_0000, profile: 'baseline' },
  { profileIdc: 0x4d, mask: 0b1010_1111, bits: 0b0000_0000, profile: 'main' },
  { profileIdc: 0x58, mask: 0b1100_1111, bits: 0b0000_0000, profile: 'extended' },
  { profileIdc: 0x64, mask: 0b1111_1111, bits: 0b0000_0000, profile: 'high' },
  { profileIdc: 0x64, mask: 0b1111_1111, bits: 0b0000_1100, profile: 'constrained-high' },
  { profileIdc: 0xf4, mask: 0b1111_1111, bits: 0b0000_0000, profile: 'high-4:4:4-predictive' },
];

/**
 * Returns the name of the H.264 profile that a `profile-level-id` denotes.
 *
 * @param profileLevelId six hex digits; undefined for the default
 * @returns for an unnamed profile, its first four digits in lower case, so that equal profiles have equal names
 */
export function h264Profile(profileLevelId: string | undefined): string {
  const digits = (profileLevelId ?? DEFAULT_PROFILE_LEVEL_ID).toLowerCase();
  const profileIdc = Number.parseInt(digits.slice(0, 2), 16);
  const profileIop = Number.parseInt(digits.slice(2, 4), 16);
  const known = PROFILES.find((pattern) => pattern.profileIdc === profileIdc && (profileIop & pattern.mask) === pattern.bits);
  return known?.profile ?? digits.slice(0, 4);
}
