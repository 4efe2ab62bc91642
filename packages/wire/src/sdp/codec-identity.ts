/**
 * Decides whether codecs of two descriptions are the same. Payload types differ between peers, and most `fmtp`
 * parameters are preferences of a receiver; the identity consists of the others.
 *
 * @see RFC 6184 §8.2.2 (H.264), RFC 9628 §6 (VP9), AV1 RTP payload §7.2
 */
import type { SdpCodec } from './description.ts';

/** Returns a text that is equal for two codecs if and only if they are the same: `opus/48000/2`, `h264/90000/1;constrained-baseline;1`. */
export function codecIdentity(codec: Pick<SdpCodec, 'name' | 'clockRateHz' | 'channels' | 'fmtp'>): string {
  const name = codec.name.toLowerCase();
  const encoding = `${name}/${codec.clockRateHz}/${codec.channels}`;
  const parameters = parseFmtp(codec.fmtp);
  switch (name) {
    case 'h264':
      // The level is not included: `level-asymmetry-allowed` lets each side have its own, and an SFU does not
      // re-encode.
      return `${encoding};${h264Profile(parameters.get('profile-level-id'))};${parameters.get('packetization-mode') ?? '0'}`;
    case 'vp9':
      return `${encoding};${parameters.get('profile-id') ?? '0'}`;
    case 'av1':
      return `${encoding};${parameters.get('profile') ?? '0'}`;
    case 'rtx':
      return `${encoding};${parameters.get('apt') ?? ''}`;
    default:
      return encoding;
  }
}

/**
 * Parses the parameters of an `a=fmtp` line: names in lower case, values verbatim, empty for a bare name. Of equal
 * names, the first counts.
 *
 * @param fmtp the text after the payload type: `minptime=10;useinbandfec=1`
 */
export function parseFmtp(fmtp: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const part of fmtp.split(';')) {
    const equals = part.indexOf('=');
    const name = (equals === -1 ? part : part.slice(0, equals)).trim().toLowerCase();
    if (name === '' || parameters.has(name)) continue;
    parameters.set(name, equals === -1 ? '' : part.slice(equals + 1).trim());
  }
  return parameters;
}

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
function h264Profile(profileLevelId: string | undefined): string {
  const digits = (profileLevelId ?? DEFAULT_PROFILE_LEVEL_ID).toLowerCase();
  const profileIdc = Number.parseInt(digits.slice(0, 2), 16);
  const profileIop = Number.parseInt(digits.slice(2, 4), 16);
  const known = PROFILES.find((pattern) => pattern.profileIdc === profileIdc && (profileIop & pattern.mask) === pattern.bits);
  return known?.profile ?? digits.slice(0, 4);
}
