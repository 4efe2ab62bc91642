/**
 * SACK: the data that has arrived, and how much more may be sent.
 *
 * @see RFC 9260 §3.3.4
 */
import { readUint16, readUint32, writeUint16, writeUint32 } from '../numbers.ts';
import { SctpChunkType, writeChunkHeader } from './sctp-packet.ts';

/** Length of a SACK chunk up to its first gap block. */
export const SACK_HEADER_LENGTH = 16;
/** Length of a gap block, or of a duplicate TSN. */
export const SACK_ENTRY_LENGTH = 4;

/** What a receiver has received of the data sent to it. */
export interface SctpSack {
  readonly cumulativeTsn: number;
  readonly windowBytes: number;
  /** Starts and ends, alternating, of what arrived after a gap, as distances from `cumulativeTsn`; ascending. */
  readonly gapBlocks: readonly number[];
  readonly duplicateTsns: readonly number[];
}

/** Reads the SACKs of one association in place. The object is reused, since every second packet causes one. */
export class SackView {
  cumulativeTsn = 0;
  windowBytes = 0;
  gapBlockCount = 0;
  duplicateCount = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;

  /** @returns false if the chunk's length does not match its counts, or its gap blocks do not ascend */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < SACK_HEADER_LENGTH) return false;
    this.#bytes = bytes;
    this.#start = start + SACK_HEADER_LENGTH;
    this.cumulativeTsn = readUint32(bytes, start + 4);
    this.windowBytes = readUint32(bytes, start + 8);
    this.gapBlockCount = readUint16(bytes, start + 12);
    this.duplicateCount = readUint16(bytes, start + 14);
    if (end - this.#start !== (this.gapBlockCount + this.duplicateCount) * SACK_ENTRY_LENGTH) return false;
    let before = 0;
    for (let index = 0; index < this.gapBlockCount; index++) {
      if (this.gapStart(index) <= before || this.gapEnd(index) < this.gapStart(index)) return false;
      before = this.gapEnd(index);
    }
    return true;
  }

  /** Returns the first TSN of a gap block, as its distance from `cumulativeTsn`. */
  gapStart(index: number): number {
    return readUint16(this.#bytes, this.#start + index * SACK_ENTRY_LENGTH);
  }

  /** Returns the last TSN of a gap block, as its distance from `cumulativeTsn`. */
  gapEnd(index: number): number {
    return readUint16(this.#bytes, this.#start + index * SACK_ENTRY_LENGTH + 2);
  }

  duplicateTsn(index: number): number {
    return readUint32(this.#bytes, this.#start + (this.gapBlockCount + index) * SACK_ENTRY_LENGTH);
  }
}

/** @returns the offset after the chunk */
export function writeSack(out: Uint8Array, offset: number, sack: SctpSack): number {
  const { gapBlocks, duplicateTsns } = sack;
  writeUint32(out, offset + 4, sack.cumulativeTsn);
  writeUint32(out, offset + 8, sack.windowBytes);
  writeUint16(out, offset + 12, gapBlocks.length / 2);
  let at = writeUint16(out, offset + 14, duplicateTsns.length);
  for (const distance of gapBlocks) at = writeUint16(out, at, distance);
  for (const tsn of duplicateTsns) at = writeUint32(out, at, tsn);
  writeChunkHeader(out, offset, SctpChunkType.sack, 0, at - offset);
  return at;
}
