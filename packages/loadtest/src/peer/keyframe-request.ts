import { parseRtcp, type RtcpPacket } from '@causeway/wire';

/** The SSRCs of which a decrypted compound RTCP packet wants a keyframe, by PLI or by FIR. */
export function requestedKeyframes(packet: Uint8Array, length: number): readonly number[] {
  return (parseRtcp(packet, length) ?? []).flatMap(ssrcsOf);
}

function ssrcsOf(message: RtcpPacket): readonly number[] {
  if (message.type === 'pli') return [message.mediaSsrc];
  return message.type === 'fir' ? message.entries.map(({ ssrc }) => ssrc) : [];
}
