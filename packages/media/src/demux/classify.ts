/**
 * Which protocol a datagram on the one UDP port belongs to, from its first two bytes.
 *
 * @see RFC 7983 §7 (first byte), RFC 5761 §4 (RTP or RTCP by the second)
 */

export type DatagramKind = 'stun' | 'dtls' | 'rtp' | 'rtcp';

const RTCP_PACKET_TYPE_FIRST = 192;
const RTCP_PACKET_TYPE_LAST = 223;

/** @returns undefined for an empty datagram and for ranges of protocols that are not spoken on this port (ZRTP, TURN channels, the gaps) */
export function classifyDatagram(datagram: Uint8Array): DatagramKind | undefined {
  if (datagram.length < 2) return undefined;
  const first = datagram[0];
  if (first <= 3) return 'stun';
  if (first >= 20 && first <= 63) return 'dtls';
  if (first < 128 || first > 191) return undefined;
  const second = datagram[1];
  return second >= RTCP_PACKET_TYPE_FIRST && second <= RTCP_PACKET_TYPE_LAST ? 'rtcp' : 'rtp';
}
