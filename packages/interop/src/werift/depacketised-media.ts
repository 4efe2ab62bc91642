/** Counts the complete media of a subscriber without decoders: frames whose packets have all arrived, and consecutive samples. */
import { dePacketizeRtpPackets, type RtpPacket } from 'werift';
import type { VideoCodec } from '../clients/interop-client.ts';

const DEPACKETIZERS = { VP8: 'VP8', H264: 'MPEG4/ISO/AVC' } as const;

/** Counts frames of one video track. Packets before the first marker may be half a frame and do not count. */
export class FrameCounter {
  frames = 0;
  readonly #codec: VideoCodec;
  /** Packets of the frame that is arriving; `undefined` if one of them is missing. */
  #packets: RtpPacket[] | undefined;
  #lastSeq: number | undefined;

  constructor(codec: VideoCodec) {
    this.#codec = codec;
  }

  add(packet: RtpPacket): void {
    const { sequenceNumber, marker } = packet.header;
    if (!isNext(sequenceNumber, this.#lastSeq)) this.#packets = undefined;
    this.#lastSeq = sequenceNumber;
    this.#packets?.push(packet);
    if (!marker) return;
    const isWhole = this.#packets !== undefined && dePacketizeRtpPackets(DEPACKETIZERS[this.#codec], this.#packets).data.length > 0;
    if (isWhole) this.frames += 1;
    this.#packets = [];
  }
}

/** Counts samples of one Opus track at 48 kHz, the rate of its RTP clock at any sampling rate (RFC 7587 §4.1). */
export class SampleCounter {
  samples = 0;
  #last: RtpPacket['header'] | undefined;

  add({ header }: RtpPacket): void {
    if (this.#last !== undefined && isNext(header.sequenceNumber, this.#last.sequenceNumber)) {
      this.samples += (header.timestamp - this.#last.timestamp) >>> 0;
    }
    this.#last = header;
  }
}

function isNext(seq: number, lastSeq: number | undefined): boolean {
  return lastSeq !== undefined && seq === ((lastSeq + 1) & 0xffff);
}
