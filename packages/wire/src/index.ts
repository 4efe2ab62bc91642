export * from './ntp.ts';
export {
  compactNumber,
  type ExtendedSeq,
  type ExtendedTicks,
  isNewerSeq16,
  readUint16,
  readUint32,
  type Seq16,
  SequenceUnwrapper,
  seq16Distance,
  TimestampUnwrapper,
  timestampDistance,
  toSeq16,
  tsnDistance,
  writeUint16,
  writeUint32,
} from './numbers.ts';
export * from './payload/av1.ts';
export * from './payload/dependency-descriptor.ts';
export * from './payload/h264.ts';
export * from './payload/keyframe.ts';
export * from './payload/opus.ts';
export * from './payload/red.ts';
export * from './payload/vp8.ts';
export * from './payload/vp9.ts';
export { type Bye, writeBye } from './rtcp/bye.ts';
export * from './rtcp/compound.ts';
export {
  CONGESTION_FEEDBACK_PERIOD_MS,
  CongestionFeedbackReader,
  ECN_CAPABLE,
  ECN_CONGESTION_EXPERIENCED,
  ECN_NOT_CAPABLE,
  type ReportedPacket,
  type ReportedStream,
  writeCongestionFeedback,
} from './rtcp/congestion-feedback.ts';
export { type Fir, type FirEntry, type Pli, writeFir, writePli } from './rtcp/keyframe-requests.ts';
export { type Nack, writeNack } from './rtcp/nack.ts';
export { type Remb, writeRemb } from './rtcp/remb.ts';
export { type ReceiverReport, type ReportBlock, type SenderReport, writeReceiverReport, writeSenderReport } from './rtcp/reports.ts';
export { type Sdes, type SdesChunk, writeSdes } from './rtcp/sdes.ts';
export {
  TRANSPORT_FEEDBACK_REFERENCE_MS,
  TRANSPORT_FEEDBACK_TICKS_PER_MS,
  type TransportFeedback,
  TransportFeedbackReader,
} from './rtcp/transport-feedback.ts';
export * from './rtcp/transport-feedback-writer.ts';
export * from './rtp/header-extensions.ts';
export * from './rtp/rtp-packet.ts';
export * from './rtp/rtx.ts';
export * from './sctp/index.ts';
export * from './sdp/index.ts';
export * from './stun/ip-address.ts';
export { verifyMessageIntegrity } from './stun/message-integrity.ts';
export { type HmacSha1, STUN_METHOD_BINDING, STUN_TRANSACTION_ID_LENGTH } from './stun/stun-attributes.ts';
export { parseStun, type StunAddress, type StunClass, type StunMessage } from './stun/stun-message.ts';
export * from './stun/stun-writer.ts';
export { decodeUtf8, encodeUtf8 } from './utf8.ts';
