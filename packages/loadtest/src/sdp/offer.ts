import {
  AUDIO_PAYLOAD_TYPE,
  AUDIO_RTPMAP,
  FIRST_MID,
  type LocalTransport,
  MID_EXTENSION_ID,
  MID_EXTENSION_URI,
  RID_EXTENSION_ID,
  RID_EXTENSION_URI,
  TRANSPORT_WIDE_CC_ID,
  VIDEO_PAYLOAD_TYPE,
  VIDEO_RTPMAP,
} from './local-media.ts';
import { codecLines, joinLines, sessionLines, transportLines, transportWideLines } from './session-lines.ts';

export interface OfferedTrack {
  /** Default: video. */
  readonly kind?: 'audio' | 'video';
  readonly streamId: string;
  readonly trackId: string;
  /** What identifies its packets: the SSRC of a single stream, or the rids of several, lowest layer first. */
  readonly encodings: { readonly ssrc: number } | { readonly rids: readonly string[] };
}

/**
 * Writes the offer that opens a session: one section that sends `track`, or receives video if there is none.
 *
 * @see RFC 8829 §5.2.1 (initial offers), RFC 8830 §2 (msid)
 */
export function writeOffer(transport: LocalTransport, track: OfferedTrack | undefined): string {
  const kind = track?.kind ?? 'video';
  const [payloadType, rtpmap] = kind === 'audio' ? [AUDIO_PAYLOAD_TYPE, AUDIO_RTPMAP] : [VIDEO_PAYLOAD_TYPE, VIDEO_RTPMAP];
  return joinLines([
    ...sessionLines([FIRST_MID], 1),
    `m=${kind} 9 UDP/TLS/RTP/SAVPF ${payloadType}`,
    ...transportLines(transport, 'actpass'),
    `a=mid:${FIRST_MID}`,
    `a=extmap:${MID_EXTENSION_ID} ${MID_EXTENSION_URI}`,
    ...(track ? sendLines(track) : ['a=recvonly']),
    ...codecLines(payloadType, rtpmap),
    ...(track ? encodingLines(track) : transportWideLines(payloadType, TRANSPORT_WIDE_CC_ID)),
  ]);
}

/** Writes the offer that opens a session with only data channels. @see RFC 8841 */
export function writeDataOffer(transport: LocalTransport): string {
  const [connection = '', ...lines] = transportLines(transport, 'actpass');
  return joinLines([
    ...sessionLines([FIRST_MID], 1),
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    connection,
    ...lines.filter((line) => line !== 'a=rtcp-mux'),
    `a=mid:${FIRST_MID}`,
    'a=sctp-port:5000',
    'a=max-message-size:262144',
  ]);
}

function sendLines(track: OfferedTrack): string[] {
  return ['a=sendonly', `a=msid:${track.streamId} ${track.trackId}`];
}

/** @see RFC 5576 §4.1 (ssrc), RFC 8851 (rid), RFC 8853 (simulcast) */
function encodingLines({ encodings, streamId, trackId }: OfferedTrack): string[] {
  if ('ssrc' in encodings) return [`a=ssrc:${encodings.ssrc} cname:${streamId}`, `a=ssrc:${encodings.ssrc} msid:${streamId} ${trackId}`];
  return [
    `a=extmap:${RID_EXTENSION_ID} ${RID_EXTENSION_URI}`,
    ...encodings.rids.map((rid) => `a=rid:${rid} send`),
    `a=simulcast:send ${encodings.rids.join(';')}`,
  ];
}
