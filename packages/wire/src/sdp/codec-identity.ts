/**
 * Decides whether codecs of two descriptions are the same. Payload types differ between peers, and most `fmtp`
 * parameters are preferences of a receiver; the identity consists of the others.
 *
 * @see RFC 6184 §8.2.2 (H.264), RFC 9628 §6 (VP9), AV1 RTP payload §7.2
 */
import type { SdpCodec } from './description.ts';
import { h264Profile } from './h264-profile.ts';

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
