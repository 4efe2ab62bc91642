/** A flush under construction: puts packets into the arena and protects them together. */
import type { OutboundStream, ProtectBatch, SecureSuite } from '@causeway/media';

interface Row {
  readonly stream: OutboundStream;
  readonly offset: number;
  readonly headerLength: number;
  readonly plainLength: number;
  readonly packetIndex: number;
  readonly isRtcp: boolean;
}

type Protector = Pick<SecureSuite, 'arena' | 'protect'>;

export class Flush {
  readonly #suite: Protector;
  readonly #rows: Row[] = [];

  constructor(suite: Protector) {
    this.#suite = suite;
  }

  rtp(stream: OutboundStream, packet: Buffer, headerLength: number, packetIndex: number): this {
    return this.#add({ stream, headerLength, packetIndex, isRtcp: false }, packet);
  }

  rtcp(stream: OutboundStream, packet: Buffer): this {
    return this.#add({ stream, headerLength: 8, packetIndex: 0, isRtcp: true }, packet);
  }

  /** @returns the protected packets; undefined where one was refused */
  protect(): (Buffer | undefined)[] {
    const rows = this.#rows;
    const batch: ProtectBatch = {
      count: rows.length,
      streams: rows.map((row) => row.stream),
      offset: Uint32Array.from(rows, (row) => row.offset),
      headerLength: Uint16Array.from(rows, (row) => row.headerLength),
      plainLength: Uint16Array.from(rows, (row) => row.plainLength),
      packetIndex: Float64Array.from(rows, (row) => row.packetIndex),
      isRtcp: Uint8Array.from(rows, (row) => (row.isRtcp ? 1 : 0)),
      protectedLength: new Uint16Array(rows.length),
    };
    this.#suite.protect(batch);
    return rows.map((row, i) => {
      const length = batch.protectedLength[i];
      return length === 0 ? undefined : Buffer.from(this.#suite.arena.bytes.slice(row.offset, row.offset + length));
    });
  }

  #add(row: Omit<Row, 'offset' | 'plainLength'>, packet: Buffer): this {
    const offset = this.#suite.arena.takeSlot();
    this.#suite.arena.bytes.set(packet, offset);
    this.#rows.push({ ...row, offset, plainLength: packet.length });
    return this;
  }
}
