/** What has gone through one engine since it began. Plain fields, because they are counted up for every packet. */
export class TrafficCounters {
  /** RTP packets that proved authentic, retransmissions included. */
  rtpPacketsReceived = 0;
  rtpBytesReceived = 0;
  /** RTP packets handed to the socket layer, retransmissions included, but for those that it said it has dropped. */
  rtpPacketsSent = 0;
  /** With SRTP's tag, without UDP and IP. */
  rtpBytesSent = 0;
  /** Packets that waited for room on their path. */
  packetsQueued = 0;
  /** Packets among those sent that only measured a path; no one is charged for them. */
  probePacketsSent = 0;
  /** As `rtpBytesSent`, but for SRTP's tag. */
  probeBytesSent = 0;
  /** RTP packets that peers reported to have received, of those that were numbered for them. */
  pathPacketsReceived = 0;
  /** And those that their paths have lost. */
  pathPacketsLost = 0;
  /** DTLS handshakes that a peer finished. */
  handshakesCompleted = 0;
}
