import type { OutboundStream, ProtectBatch } from '@causeway/media';

/** A batch of one packet. */
export class SingleRow implements ProtectBatch {
  readonly count = 1;
  readonly streams: readonly OutboundStream[];
  readonly offset = new Uint32Array(1);
  readonly headerLength = new Uint16Array(1);
  readonly plainLength = new Uint16Array(1);
  readonly packetIndex = new Float64Array(1);
  readonly isRtcp = new Uint8Array(1);
  readonly protectedLength = new Uint16Array(1);

  constructor(stream: OutboundStream) {
    this.streams = [stream];
  }

  get resultLength(): number {
    return this.protectedLength[0] ?? 0;
  }

  fill(offset: number, headerLength: number, plainLength: number, packetIndex: number, kind: 'rtp' | 'rtcp' = 'rtp'): void {
    this.isRtcp[0] = kind === 'rtcp' ? 1 : 0;
    this.offset[0] = offset;
    this.headerLength[0] = headerLength;
    this.plainLength[0] = plainLength;
    this.packetIndex[0] = packetIndex;
  }
}
