/**
 * Keeps the frame numbers of dependency descriptors rising for a subscriber that is switched between sources, each of which counts for
 * itself. Chromium drops every keyframe with a lower number than the last one: without this the picture stands still for minutes.
 *
 * @see AV1 RTP payload format 1.0, appendix A.8 (mandatory_descriptor_fields)
 */
import { seq16Distance, toSeq16 } from '@causeway/wire';

/** The length of those fields: two flags, the id of a template, and behind this byte the frame number. */
export const MIN_DESCRIPTOR_LENGTH = 3;
/** As many as the sequence rewriter keeps: what cannot be sent again needs no shift. */
const MAX_EPOCHS = 4;

/** What is added to the numbers of one source; undefined until its first packet that has one. */
interface Epoch {
  readonly id: number;
  readonly shift: number | undefined;
}

export class FrameNumberRewriter {
  #id = 0;
  #shift: number | undefined = undefined;
  /** The newest one sent; undefined before the first. */
  #newest: number | undefined = undefined;
  /** The latest epochs before the one under way. */
  #earlier: readonly Epoch[] = [];

  /** Starts an epoch of the sequence rewriter: the next packet continues where the newest one sent left off. */
  startEpoch(epoch: number): void {
    this.continueEpoch(epoch);
    this.#shift = undefined;
  }

  /** Starts an epoch with another copy of the same source, whose numbers are the same. */
  continueEpoch(epoch: number): void {
    this.#earlier = [...this.#earlier.slice(2 - MAX_EPOCHS), { id: this.#id, shift: this.#shift }];
    this.#id = epoch;
  }

  /**
   * Rewrites the number in a descriptor of an outgoing packet in place. One of a forgotten epoch stays as it is.
   *
   * @param bytes the subscriber's own copy
   * @param offset of a descriptor of at least `MIN_DESCRIPTOR_LENGTH`
   * @param epoch that the packet belongs to; an earlier one when it is sent again
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
