/**
 * Maps a publisher's payload types to those of a subscriber. Each side numbers payload types for itself, so the same codec usually has a
 * different number on each side.
 *
 * @see RFC 3264 §6.1 (payload type numbers), RFC 6184 §8.2.2 (H.264), RFC 9628 §7 (VP9)
 */
import type { CodecPlan } from '../plan.ts';

/** Stands for "no payload type". The field has seven bits, so no real payload type is 255. */
export const NO_PAYLOAD_TYPE = 255;

export interface PayloadTypeMaps {
  /** Maps the publisher's payload type to the subscriber's; `NO_PAYLOAD_TYPE` if the subscriber has none that matches. */
  readonly primary: Uint8Array;
  /** Maps the publisher's payload type to the one that the subscriber uses for retransmissions. */
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

/** Whether the publication has at least one codec that the subscriber accepts. */
export function haveCommonCodec(published: readonly CodecPlan[], subscribed: readonly CodecPlan[]): boolean {
  return published.some((codec) => subscribed.some((candidate) => sameCodec(codec, candidate)));
}

function sameCodec(a: CodecPlan, b: CodecPlan): boolean {
  if (a.name !== b.name || a.clockRateHz !== b.clockRateHz || a.channels !== b.channels) return false;
  // A receiver that supports one packetization mode may be unable to depacketize the other.
  return a.name !== 'h264' || parameter(a, 'packetization-mode', '0') === parameter(b, 'packetization-mode', '0');
}

/** Whether codec and profile are the same, so that a decoder set up for `a` can decode `b`. */
function sameBitstream(a: CodecPlan, b: CodecPlan): boolean {
  if (!sameCodec(a, b)) return false;
  switch (a.name) {
    case 'h264':
      // Compares profile_idc and profile-iop; the level may differ.
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
