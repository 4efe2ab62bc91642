/** Traffic of one engine since it started. Plain fields, because they are incremented for every packet. */
export class TrafficCounters {
  /** Authenticated RTP packets, including retransmissions. */
  rtpPacketsReceived = 0;
  rtpBytesReceived = 0;
  /** RTP packets handed to the socket layer, including retransmissions, without those that it reported as dropped. */
  rtpPacketsSent = 0;
  /** Includes SRTP's tag, but not UDP and IP. */
  rtpBytesSent = 0;
  /** Packets that waited for room on their path. */
  packetsQueued = 0;
  /** Packets that were sent only to measure a path. They are not charged. */
  probePacketsSent = 0;
  /** Bytes of these packets, without SRTP's tag. */
  probeBytesSent = 0;
  /** Numbered RTP packets that peers reported as received. */
  pathPacketsReceived = 0;
  /** Numbered RTP packets that peers reported as lost. */
  pathPacketsLost = 0;
  /** DTLS handshakes that peers completed. */
  handshakesCompleted = 0;
}
