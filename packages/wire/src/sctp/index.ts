export { SctpErrorCause, writeAbort } from './abort-chunk.ts';
export { CHECKSUM_OFFSET, readChecksum, sctpChecksum, writeChecksum } from './checksum.ts';
export { createSctpDataFields, DATA_HEADER_LENGTH, readDataChunk, type SctpDataFields, writeDataChunk } from './data-chunk.ts';
export * from './dcep.ts';
export { parseForwardTsn, type SctpForwardTsn, type SkippedMessages, writeForwardTsn } from './forward-tsn-chunk.ts';
export { I_DATA_HEADER_LENGTH, readIDataChunk, writeIDataChunk } from './i-data-chunk.ts';
export { parseIForwardTsn, writeIForwardTsn } from './i-forward-tsn-chunk.ts';
export { parseInit, type SctpInit, writeInit } from './init-chunk.ts';
export * from './reconfig-chunk.ts';
export { SACK_ENTRY_LENGTH, SACK_HEADER_LENGTH, SackView, type SctpSack, writeSack } from './sack-chunk.ts';
export {
  paddedLength,
  SCTP_CHUNK_HEADER_LENGTH,
  SCTP_HEADER_LENGTH,
  SctpChunkType,
  SctpPacketView,
  writeOpaqueChunk,
  writeSctpHeader,
} from './sctp-packet.ts';
