/** The 48-bit index of an SRTP packet from the 16 bits of it that travel. @see RFC 3711 §3.3.1, appendix A */

const SEQ_SPACE = 65_536;
const HALF_SEQ_SPACE = SEQ_SPACE / 2;

/**
 * The index nearest to the highest authenticated one that has this sequence number.
 *
 * @param highest the highest index so far; -1 before the first packet, whose rollover counter is then taken for 0
 * @returns a negative number when the nearest index lies before the stream's beginning
 */
export function estimatePacketIndex(highest: number, seq: number): number {
  if (highest < 0) return seq;
  const rollovers = Math.floor(highest / SEQ_SPACE);
  const highestSeq = highest - rollovers * SEQ_SPACE;
  const guess = rollovers * SEQ_SPACE + seq;
  if (highestSeq < HALF_SEQ_SPACE) return seq - highestSeq > HALF_SEQ_SPACE ? guess - SEQ_SPACE : guess;
  return highestSeq - HALF_SEQ_SPACE > seq ? guess + SEQ_SPACE : guess;
}
