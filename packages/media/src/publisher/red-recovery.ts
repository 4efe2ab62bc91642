/**
 * Restores lost audio packets from the earlier blocks of the next RED packet. The blocks have timestamps, but no sequence numbers: the
 * newest one is taken for the packet just before.
 *
 * @see RFC 2198 §3 and §5
 */
import {
  MAX_RED_BLOCK_LENGTH,
  RedPayload,
  RTP_FIXED_HEADER_LENGTH,
  RtpView,
  timestampDistance,
  toSeq16,
  writeRtpHeader,
} from '@causeway/wire';

export class RedRecovery {
  readonly #red = new RedPayload();
  readonly #restored = new RtpView();
  readonly #bytes = new Uint8Array(RTP_FIXED_HEADER_LENGTH + MAX_RED_BLOCK_LENGTH);

  /**
   * Calls `accept` with each lost packet that this one holds, oldest first, and with how many numbers it is before this one. The packet is
   * on loan until `accept` returns.
   *
   * @param missing how many packets are missing just before this one
   * @param since timestamp of the packet before those; blocks that are as old say nothing new
   */
  restore(packet: RtpView, missing: number, since: number, accept: (restored: RtpView, before: number) => void): void {
    const red = this.#red;
    if (!red.read(packet.bytes, packet.headerLength, packet.payloadLength)) return;
    const oldest = timestampDistance(since, packet.timestamp);
    for (let block = Math.max(0, red.count - missing); block < red.count; block++) {
      const offset = red.offsets[block];
      const isInOrder = block + 1 === red.count || red.offsets[block + 1] < offset;
      if (offset === 0 || offset >= oldest || !isInOrder || red.lengths[block] === 0) continue;
      const before = red.count - block;
      this.#write(packet, block, before);
      accept(this.#restored, before);
    }
  }

  #write(packet: RtpView, block: number, before: number): void {
    const { payloadTypes, offsets, starts, lengths } = this.#red;
    const timestamp = (packet.timestamp - offsets[block]) >>> 0;
    const sequence = toSeq16(packet.sequenceNumber - before);
    writeRtpHeader(this.#bytes, 0, false, payloadTypes[block], sequence, timestamp, packet.ssrc);
    const payload = packet.bytes.subarray(starts[block], starts[block] + lengths[block]);
    this.#bytes.set(payload, RTP_FIXED_HEADER_LENGTH);
    const length = RTP_FIXED_HEADER_LENGTH + payload.length;
    this.#restored.read(this.#bytes.subarray(0, length), length);
  }
}
