/**
 * URIs of the RTP header extensions that Causeway knows, as in `a=extmap` lines (RFC 8285 §5), and the values of those
 * that the SFU reads or writes. Readers take the position found by `RtpView.findExtension`, writers the one returned by
 * `RtpExtensionWriter.reserve`. Readers return undefined for a value of the wrong length or form.
 */
import { readUint16, type Seq16, toSeq16, writeUint24 } from '../numbers.ts';

/** The m-section that the packet belongs to (RFC 8843 §15.2). */
export const MID_URI = 'urn:ietf:params:rtp-hdrext:sdes:mid';
/** The simulcast encoding of the packet (RFC 8852 §3.1). */
export const RTP_STREAM_ID_URI = 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id';
/** The simulcast encoding that this RTX packet repairs (RFC 8852 §3.2). */
export const REPAIRED_RTP_STREAM_ID_URI = 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id';
/** Departure time in 6.18 fixed-point seconds (webrtc.org). */
export const ABS_SEND_TIME_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time';
/** A sequence number across all streams of a transport (draft-holmer-rmcat-transport-wide-cc-extensions-01). */
export const TRANSPORT_WIDE_CC_URI = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
/** Loudness of the packet and voice activity (RFC 6464). */
export const AUDIO_LEVEL_URI = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';
/** Camera rotation (3GPP TS 26.114 §7.4.5). */
export const VIDEO_ORIENTATION_URI = 'urn:3gpp:video-orientation';
/** Minimum and maximum delay from capture to display (webrtc.org). */
export const PLAYOUT_DELAY_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay';
/** The frames that this one depends on (AV1 RTP payload format, appendix A). */
export const DEPENDENCY_DESCRIPTOR_URI = 'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension';
/** The target bitrate of each layer of the sender (webrtc.org). */
export const VIDEO_LAYERS_ALLOCATION_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00';
/** Capture time on the sender's clock (webrtc.org). */
export const ABS_CAPTURE_TIME_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';
/** Primaries, transfer, matrix and HDR metadata (webrtc.org). */
export const COLOR_SPACE_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/color-space';
/** Camera or screen (webrtc.org). */
export const VIDEO_CONTENT_TYPE_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/video-content-type';
/** How long each step took at the sender, per frame (webrtc.org). */
export const VIDEO_TIMING_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/video-timing';
/** Transmission time minus RTP timestamp (RFC 5450). */
export const TRANSMISSION_OFFSET_URI = 'urn:ietf:params:rtp-hdrext:toffset';

/** Length of a transport-wide sequence number. */
export const TRANSPORT_SEQUENCE_LENGTH = 2;
/** Length of an absolute send time. */
export const ABS_SEND_TIME_LENGTH = 3;

/** The value has 18 fractional bits per second. */
const ABS_SEND_TIME_UNITS_PER_MS = 2 ** 18 / 1000;

/** The value of the audio level extension (RFC 6464 §3). */
export interface AudioLevel {
  /** 0 (loudest) to 127 (silence), in -dBov. */
  readonly levelDbov: number;
  readonly voiceActivity: boolean;
}

/**
 * Reads an SDES MID, which is an SDP token.
 *
 * @see RFC 8843 §15.1, RFC 8866 §9 (token)
 */
export function readMid(bytes: Uint8Array, offset: number, length: number): string | undefined {
  return readIdentifier(bytes, offset, length, isTokenChar);
}

/**
 * Reads an RtpStreamId or RepairedRtpStreamId. Letters and digits are the alphabet of RFC 8852; `-` and `_` are allowed
 * by the grammar of `a=rid`.
 *
 * @see RFC 8852 §3, RFC 8851 §10
 */
export function readRid(bytes: Uint8Array, offset: number, length: number): string | undefined {
  return readIdentifier(bytes, offset, length, isRidChar);
}

/** Writes a MID or RID, which must be ASCII. @returns the offset after it */
export function writeIdentifier(out: Uint8Array, offset: number, text: string): number {
  for (let i = 0; i < text.length; i++) out[offset + i] = text.charCodeAt(i);
  return offset + text.length;
}

/** @see draft-holmer-rmcat-transport-wide-cc-extensions-01 §2 */
export function readTransportSequence(bytes: Uint8Array, offset: number, length: number): Seq16 | undefined {
  // Version 2 of the extension appends a feedback request to these two bytes.
  if (length < TRANSPORT_SEQUENCE_LENGTH) return undefined;
  return toSeq16(readUint16(bytes, offset));
}

/** Writes 24 bits of 6.18 fixed-point seconds, on a clock with an arbitrary epoch, which wraps every 64 s. */
export function writeAbsSendTime(out: Uint8Array, offset: number, nowMs: number): number {
  return writeUint24(out, offset, Math.floor(nowMs * ABS_SEND_TIME_UNITS_PER_MS));
}

/** @see RFC 6464 §3 */
export function readAudioLevel(bytes: Uint8Array, offset: number, length: number): AudioLevel | undefined {
  if (length !== 1) return undefined;
  return { levelDbov: bytes[offset] & 0x7f, voiceActivity: bytes[offset] >= 0x80 };
}

function readIdentifier(bytes: Uint8Array, offset: number, length: number, isAllowed: (char: number) => boolean): string | undefined {
  let text = '';
  for (let i = 0; i < length; i++) {
    const char = bytes[offset + i];
    // Some senders pad the element with zeros.
    if (char === 0) break;
    if (!isAllowed(char)) return undefined;
    text += String.fromCharCode(char);
  }
  return text === '' ? undefined : text;
}

function isAlphanumeric(char: number): boolean {
  return (char >= 0x30 && char <= 0x39) || (char >= 0x41 && char <= 0x5a) || (char >= 0x61 && char <= 0x7a);
}

function isRidChar(char: number): boolean {
  return isAlphanumeric(char) || char === 0x2d || char === 0x5f;
}

/** Whether it is a token-char: printable ASCII except `"(),/:;<=>?@[\]`. */
function isTokenChar(char: number): boolean {
  return (
    isAlphanumeric(char) ||
    char === 0x21 ||
    (char >= 0x23 && char <= 0x27) ||
    char === 0x2a ||
    char === 0x2b ||
    char === 0x2d ||
    char === 0x2e ||
    (char >= 0x5e && char <= 0x60) ||
    (char >= 0x7b && char <= 0x7e)
  );
}
