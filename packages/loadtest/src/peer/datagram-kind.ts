/**
 * Which protocol a datagram of the SFU belongs to.
 *
 * @see RFC 7983 §7 (first byte), RFC 5761 §4 (RTP or RTCP by the second)
 */
export type DatagramKind = 'stun' | 'dtls' | 'srtp' | 'srtcp';

/** @returns undefined for what no SFU sends */
export function datagramKind(datagram: Uint8Array): DatagramKind | undefined {
  const [first = 255, second = 0] = datagram;
  if (first <= 3) return 'stun';
  if (first >= 20 && first <= 63) return 'dtls';
  if (first < 128 || first > 191) return undefined;
  return second >= 192 && second <= 223 ? 'srtcp' : 'srtp';
}
