/**
 * URIs of the RTP header extensions that Causeway knows, as they stand in `a=extmap` lines (RFC 8285 §5).
 * Below are the values of those that the SFU itself reads or writes. Readers take the place that `RtpView.findExtension` found, writers the
 * place that `RtpExtensionWriter.reserve` gave; readers answer undefined to a value of the wrong length or form.
 */
import { readUint16, writeUint16, writeUint24 } from '../numbers.ts';
import { type Seq16, toSeq16 } from '../sequence.ts';

/** RFC 8843 §15.2: which m-section the packet belongs to. */
export const MID_URI = 'urn:ietf:params:rtp-hdrext:sdes:mid';
/** RFC 8852 §3.1: which simulcast encoding. */
export const RTP_STREAM_ID_URI = 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id';
/** RFC 8852 §3.2: which simulcast encoding this RTX packet repairs. */
export const REPAIRED_RTP_STREAM_ID_URI = 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id';
/** webrtc.org: departure time, 6.18 fixed-point seconds. */
export const ABS_SEND_TIME_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time';
/** draft-holmer-rmcat-transport-wide-cc-extensions-01: one sequence number over all streams of a transport. */
export const TRANSPORT_WIDE_CC_URI = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
/** RFC 6464: loudness of the packet, voice activity. */
export const AUDIO_LEVEL_URI = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';
/** 3GPP TS 26.114 §7.4.5: camera rotation. */
export const VIDEO_ORIENTATION_URI = 'urn:3gpp:video-orientation';
/** webrtc.org: least and greatest delay from capture to display. */
export const PLAYOUT_DELAY_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay';
/** AV1 RTP payload format, appendix A: which frames this one needs. */
export const DEPENDENCY_DESCRIPTOR_URI = 'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension';
/** webrtc.org: what each layer of the sender is aimed at. */
export const VIDEO_LAYERS_ALLOCATION_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00';
/** webrtc.org: capture time on the sender's clock. */
export const ABS_CAPTURE_TIME_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';
/** webrtc.org: primaries, transfer, matrix, HDR metadata. */
export const COLOR_SPACE_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/color-space';
/** webrtc.org: camera or screen. */
export const VIDEO_CONTENT_TYPE_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/video-content-type';
/** webrtc.org: where the sender's time went, per frame. */
export const VIDEO_TIMING_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/video-timing';
/** RFC 5450: transmission time minus RTP timestamp. */
export const TRANSMISSION_OFFSET_URI = 'urn:ietf:params:rtp-hdrext:toffset';

/** Length of a transport-wide sequence number. */
export const TRANSPORT_SEQUENCE_LENGTH = 2;
/** Length of an absolute send time. */
export const ABS_SEND_TIME_LENGTH = 3;

/** 18 fractional bits to the second. */
const ABS_SEND_TIME_UNITS_PER_MS = 2 ** 18 / 1000;

/** RFC 6464 §3. */
export interface AudioLevel {
  /** 0 (loudest) … 127 (silence), in -dBov. */
  readonly levelDbov: number;
  readonly voiceActivity: boolean;
}

/**
 * An SDES MID value: an SDP token.
 *
 * @see RFC 8843 §15.1, RFC 8866 §9 (token)
 */
export function readMid(bytes: Uint8Array, offset: number, length: number): string | undefined {
  return readIdentifier(bytes, offset, length, isTokenChar);
}

/**
 * An RtpStreamId or RepairedRtpStreamId value. Letters and digits are RFC 8852's alphabet; `-` and `_` come from the grammar of `a=rid`.
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
  // Version 2 of the extension appends a feedback request to the same two bytes.
  if (length < TRANSPORT_SEQUENCE_LENGTH) return undefined;
  return toSeq16(readUint16(bytes, offset));
}

/** Writes a transport-wide sequence number as the value of its header extension. */
export function writeTransportSequence(out: Uint8Array, offset: number, seq: Seq16): number {
  return writeUint16(out, offset, seq);
}

/** Writes 24 bits of 6.18 fixed-point seconds: a clock that wraps every 64 s, of any epoch. */
export function writeAbsSendTime(out: Uint8Array, offset: number, nowMs: number): number {
  return writeUint24(out, offset, Math.floor(nowMs * ABS_SEND_TIME_UNITS_PER_MS));
}

/** @see RFC 6464 §3 */
export function readAudioLevel(bytes: Uint8Array, offset: number, length: number): AudioLevel | undefined {
  if (length < 1) return undefined;
  return { levelDbov: bytes[offset] & 0x7f, voiceActivity: bytes[offset] >= 0x80 };
}

function readIdentifier(bytes: Uint8Array, offset: number, length: number, isAllowed: (char: number) => boolean): string | undefined {
  let text = '';
  for (let i = 0; i < length; i++) {
    const char = bytes[offset + i];
    // Some senders fill the element up with zeros.
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

/** token-char: printable ASCII without `"(),/:;<=>?@[\]`. */
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
