/**
 * Keeps the frame numbers in dependency descriptors rising for a subscriber that is switched between sources, each of which has its own
 * numbering. Chromium drops every keyframe whose number is lower than the previous one: without the rewriting, the picture would freeze for
 * minutes.
 *
 * @see AV1 RTP payload format 1.0, appendix A.8 (mandatory_descriptor_fields)
 */
import { seq16Distance, toSeq16 } from '@causeway/wire';

/** Length of the mandatory fields in bytes: one with two flags and the template id, then the frame number in two. */
export const MIN_DESCRIPTOR_LENGTH = 3;
/** The sequence rewriter keeps as many. Packets of an older epoch cannot be sent again, so their shift is not needed. */
const MAX_EPOCHS = 4;

/** The value added to the frame numbers of one source; undefined until the source's first packet with a frame number. */
interface Epoch {
  readonly id: number;
  readonly shift: number | undefined;
}

export class FrameNumberRewriter {
  #id = 0;
  #shift: number | undefined = undefined;
  /** The newest frame number sent; undefined before the first. */
  #newest: number | undefined = undefined;
  /** The most recent epochs before the current one. */
  #earlier: readonly Epoch[] = [];

  /** Starts an epoch of the sequence rewriter with another source. Its first frame number continues from the newest one sent. */
  startEpoch(epoch: number): void {
    this.continueEpoch(epoch);
    this.#shift = undefined;
  }

  /** Starts an epoch with another copy of the same source, which has the same frame numbers. */
  continueEpoch(epoch: number): void {
    this.#earlier = [...this.#earlier.slice(2 - MAX_EPOCHS), { id: this.#id, shift: this.#shift }];
    this.#id = epoch;
  }

  /**
   * Rewrites the frame number in a descriptor of an outgoing packet, in place. A number from an epoch that is no longer kept is left as it
   * is.
   *
   * @param bytes the subscriber's own copy of the packet
   * @param offset where the descriptor starts; it has at least `MIN_DESCRIPTOR_LENGTH` bytes
   * @param epoch that the packet belongs to; an earlier one if this is a retransmission
   */
  rewrite(bytes: Uint8Array, offset: number, epoch: number): void {
    const number = (bytes[offset + 1] << 8) | bytes[offset + 2];
    const shift = epoch === this.#id ? this.#currentShift(number) : this.#earlier.find(({ id }) => id === epoch)?.shift;
    if (shift === undefined) return;
    const shifted = toSeq16(number + shift);
    bytes[offset + 1] = shifted >> 8;
    bytes[offset + 2] = shifted & 0xff;
    if (this.#newest === undefined || seq16Distance(toSeq16(this.#newest), shifted) > 0) this.#newest = shifted;
  }

  #currentShift(number: number): number {
    this.#shift ??= this.#newest === undefined ? 0 : this.#newest + 1 - number;
    return this.#shift;
  }
}
