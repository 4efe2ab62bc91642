/**
 * Which of a subscriber's payload types carries what a publisher sends under one of its own.
 *
 * @see RFC 3264 §6.1 (each side numbers payload types for itself), RFC 6184 §8.2.2 (H.264), RFC 9628 §7 (VP9)
 */
import type { CodecPlan } from '../plan.ts';

/** No payload type is 255: the field has seven bits. */
export const NO_PAYLOAD_TYPE = 255;

export interface PayloadTypeMaps {
  /** Publisher's payload type to the subscriber's, `NO_PAYLOAD_TYPE` where there is none. */
  readonly primary: Uint8Array;
  /** Publisher's payload type to that of the subscriber's retransmissions. */
  readonly rtx: Uint8Array;
}

export function mapPayloadTypes(published: readonly CodecPlan[], subscribed: readonly CodecPlan[]): PayloadTypeMaps {
  const primary = new Uint8Array(128).fill(NO_PAYLOAD_TYPE);
  const rtx = new Uint8Array(128).fill(NO_PAYLOAD_TYPE);
  for (const codec of published) {
    const match =
      subscribed.find((candidate) => sameBitstream(codec, candidate)) ?? subscribed.find((candidate) => sameCodec(codec, candidate));
    if (match === undefined) continue;
    primary[codec.payloadType] = match.payloadType;
    rtx[codec.payloadType] = match.rtxPayloadType ?? NO_PAYLOAD_TYPE;
  }
  return { primary, rtx };
}

/** Whether anything of a publication can be sent to a subscriber. */
export function haveCommonCodec(published: readonly CodecPlan[], subscribed: readonly CodecPlan[]): boolean {
  return published.some((codec) => subscribed.some((candidate) => sameCodec(codec, candidate)));
}

function sameCodec(a: CodecPlan, b: CodecPlan): boolean {
  if (a.name !== b.name || a.clockRateHz !== b.clockRateHz || a.channels !== b.channels) return false;
  // Packetization modes differ in what a receiver must be able to take apart.
  return a.name !== 'h264' || parameter(a, 'packetization-mode', '0') === parameter(b, 'packetization-mode', '0');
}

/** The same codec with the same profile, so that a decoder chosen for one decodes the other. */
function sameBitstream(a: CodecPlan, b: CodecPlan): boolean {
  if (!sameCodec(a, b)) return false;
  switch (a.name) {
    case 'h264':
      // profile_idc and profile-iop; the level may differ.
      return parameter(a, 'profile-level-id', '42').slice(0, 4) === parameter(b, 'profile-level-id', '42').slice(0, 4);
    case 'vp9':
      return parameter(a, 'profile-id', '0') === parameter(b, 'profile-id', '0');
    case 'av1':
      return parameter(a, 'profile', '0') === parameter(b, 'profile', '0');
    default:
      return true;
  }
}

function parameter(codec: CodecPlan, name: string, fallback: string): string {
  for (const pair of codec.fmtp.split(';')) {
    const [key, value] = pair.trim().toLowerCase().split('=');
    if (key === name && value !== undefined) return value;
  }
  return fallback;
}
