export { SctpErrorCause, writeAbort } from './abort-chunk.ts';
export {
  createSctpDataFields,
  DATA_HEADER_LENGTH,
  I_DATA_HEADER_LENGTH,
  readDataChunk,
  readIDataChunk,
  type SctpDataFields,
  writeDataChunk,
  writeIDataChunk,
} from './data-chunk.ts';
export * from './dcep.ts';
export {
  parseForwardTsn,
  parseIForwardTsn,
  type SctpForwardTsn,
  type SkippedMessages,
  writeForwardTsn,
  writeIForwardTsn,
} from './forward-tsn-chunk.ts';
export { parseInit, type SctpInit, writeInit } from './init-chunk.ts';
export * from './reconfig-chunk.ts';
export { SACK_ENTRY_LENGTH, SACK_HEADER_LENGTH, SackView, type SctpSack, writeSack } from './sack-chunk.ts';
export {
  CHECKSUM_OFFSET,
  paddedLength,
  readChecksum,
  SCTP_CHUNK_HEADER_LENGTH,
  SCTP_HEADER_LENGTH,
  SctpChunkType,
  SctpPacketView,
  sctpChecksum,
  writeChecksum,
  writeOpaqueChunk,
  writeSctpHeader,
} from './sctp-packet.ts';
