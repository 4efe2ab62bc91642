import { type LocalTransport, MID_EXTENSION_ID, MID_EXTENSION_URI, VIDEO_PAYLOAD_TYPE, VIDEO_RTPMAP } from './local-media.ts';
import { codecLines, joinLines, sessionLines, transportLines } from './session-lines.ts';

export interface OfferedTrack {
  readonly streamId: string;
  readonly trackId: string;
  readonly ssrc: number;
}

/**
 * Writes the offer that opens a session: one video section, sending `track`, or receiving if there is none.
 *
 * @see RFC 8829 §5.2.1 (initial offers), RFC 8830 §2 (msid)
 */
export function writeOffer(transport: LocalTransport, track: OfferedTrack | undefined): string {
  const mid = '0';
  return joinLines([
    ...sessionLines([mid], 1),
    `m=video 9 UDP/TLS/RTP/SAVPF ${VIDEO_PAYLOAD_TYPE}`,
    ...transportLines(transport, 'actpass'),
    `a=mid:${mid}`,
    `a=extmap:${MID_EXTENSION_ID} ${MID_EXTENSION_URI}`,
    ...(track ? sendLines(track) : ['a=recvonly']),
    ...codecLines(VIDEO_PAYLOAD_TYPE, VIDEO_RTPMAP),
    ...(track ? [`a=ssrc:${track.ssrc} cname:${track.streamId}`, `a=ssrc:${track.ssrc} msid:${track.streamId} ${track.trackId}`] : []),
  ]);
}

function sendLines(track: OfferedTrack): string[] {
  return ['a=sendonly', `a=msid:${track.streamId} ${track.trackId}`];
}
