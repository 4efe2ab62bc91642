/**
 * URIs of the RTP header extensions that Causeway knows, as they stand in `a=extmap` lines (RFC 8285 §5).
 * What their values look like is in `header-extension-values.ts`, for those the SFU itself reads or writes.
 */

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
