/** The capabilities of a load client, which are the same in all its offers and answers. */
import type { CertificateFingerprint, IceCredentials } from '@causeway/media';

export const VIDEO_PAYLOAD_TYPE = 96;
export const VIDEO_CLOCK_RATE_HZ = 90_000;
export const VIDEO_RTPMAP = `VP8/${VIDEO_CLOCK_RATE_HZ}`;
export const AUDIO_PAYLOAD_TYPE = 111;
export const AUDIO_CLOCK_RATE_HZ = 48_000;
export const AUDIO_RTPMAP = `opus/${AUDIO_CLOCK_RATE_HZ}/2`;

/** Header extensions a client understands. The SFU's cost of writing them is part of what is measured. */
export const MID_EXTENSION_URI = 'urn:ietf:params:rtp-hdrext:sdes:mid';
export const MID_EXTENSION_ID = 4;
export const RID_EXTENSION_URI = 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id';
export const RID_EXTENSION_ID = 5;
/** Id of the header extension that numbers the packets that the client receives. */
export const TRANSPORT_WIDE_CC_ID = 6;
/** The media line of the one section that every offer has. */
export const FIRST_MID = '0';

/** The transport half of a description, the same in all of its sections. */
export interface LocalTransport {
  readonly ice: IceCredentials;
  readonly fingerprint: CertificateFingerprint;
}
