/**
 * Determines the protocol of a datagram on the shared UDP port from its first two bytes.
 *
 * @see RFC 7983 §7 (first byte), RFC 5761 §4 (RTP or RTCP by the second)
 */

export type DatagramKind = 'stun' | 'dtls' | 'rtp' | 'rtcp';

const RTCP_PACKET_TYPE_FIRST = 192;
const RTCP_PACKET_TYPE_LAST = 223;

/**
 * @returns undefined if the datagram is too short, or of a protocol that is not supported on this port (ZRTP, TURN channels, unassigned
 *   ranges)
 */
export function classifyDatagram(datagram: Uint8Array): DatagramKind | undefined {
  if (datagram.length < 2) return undefined;
  const first = datagram[0];
  if (first <= 3) return 'stun';
  if (first >= 20 && first <= 63) return 'dtls';
  if (first < 128 || first > 191) return undefined;
  const second = datagram[1];
  return second >= RTCP_PACKET_TYPE_FIRST && second <= RTCP_PACKET_TYPE_LAST ? 'rtcp' : 'rtp';
}
