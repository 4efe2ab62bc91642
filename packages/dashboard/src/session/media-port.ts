/**
 * UDP port of the node's first candidate, which also answers plain STUN requests.
 *
 * @param sdp a description that the SFU wrote
 * @returns undefined if it has no UDP candidate
 * @see RFC 8839 §5.1
 */
export function mediaPortOf(sdp: string): number | undefined {
  const candidate = /^a=candidate:\S+ \d+ udp \d+ \S+ (\d+) typ /im.exec(sdp);
  return candidate?.[1] === undefined ? undefined : Number(candidate[1]);
}
