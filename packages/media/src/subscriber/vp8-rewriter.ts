/**
 * Keeps picture ids and TL0 indices of a VP8 stream continuous for a subscriber that is switched between sources, each of
 * which counts for itself. Decoders take a jump for lost frames.
 *
 * @see RFC 7741 §4.2
 */
import { overwritePictureId, pictureIdLength, type Vp8Descriptor } from '@causeway/wire';
import { PictureNumbers } from './picture-numbers.ts';

/** As many as the sequence rewriter keeps: what cannot be sent again needs no shift. */
const MAX_EPOCHS = 4;
const LONG_PICTURE_ID_PERIOD = 1 << 15;
const SHORT_PICTURE_ID_PERIOD = 1 << 7;
const TL0_PIC_IDX_PERIOD = 1 << 8;

/** What is added to the numbers of one source; undefined until its first packet that has them. */
interface Epoch {
  readonly id: number;
  pictureIdShift: number | undefined;
  tl0PicIdxShift: number | undefined;
  /** Made with the first frame that is left out; closes up before the shift. */
  pictures: PictureNumbers | undefined;
}

/** Is itself the epoch under way: nearly every packet is of it, and one object is fetched sooner than two. */
export class Vp8Rewriter implements Epoch {
  id = 0;
  pictureIdShift: number | undefined = undefined;
  tl0PicIdxShift: number | undefined = undefined;
  pictures: PictureNumbers | undefined = undefined;
  /** The newest ones sent; undefined before the first. */
  #pictureId: number | undefined = undefined;
  #tl0PicIdx: number | undefined = undefined;
  /** The latest ones before it. */
  #earlier: readonly Epoch[] = [];

  prefetch(): number {
    return this.id;
  }

  /** Starts an epoch of the sequence rewriter: the next packet continues where the newest one sent left off. */
  startEpoch(epoch: number): void {
    this.continueEpoch(epoch);
    this.pictureIdShift = undefined;
    this.tl0PicIdxShift = undefined;
    this.pictures = undefined;
  }

  /** Starts an epoch with another copy of the same source, whose numbers are the same. */
  continueEpoch(epoch: number): void {
    const { id, pictureIdShift, tl0PicIdxShift, pictures } = this;
    this.#earlier = [...this.#earlier.slice(2 - MAX_EPOCHS), { id, pictureIdShift, tl0PicIdxShift, pictures }];
    this.id = epoch;
  }

  /**
   * Leaves a frame of the epoch under way out on purpose. Frames of temporal layer 0 never are, so their index needs no such care.
   *
   * @param payload of a packet of it; nothing newer has been sent
   */
  leaveOut({ pictureId, pictureIdOffset }: Vp8Descriptor, payload: Uint8Array): void {
    if (pictureId === undefined) return;
    const period = periodOf(payload, pictureIdOffset);
    if (this.pictures === undefined) this.pictures = new PictureNumbers(pictureId, period);
    else this.pictures.leaveOut(pictureId);
  }

  /**
   * Rewrites the descriptor of an outgoing packet in place. A payload of a forgotten epoch stays as it is.
   *
   * @param bytes the subscriber's own copy
   * @param descriptor of that payload
   * @param epoch that the packet belongs to; an earlier one when it is sent again
   */
  rewrite(bytes: Uint8Array, payloadOffset: number, descriptor: Vp8Descriptor, epoch: number): void {
    const found = epoch === this.id ? this : this.#earlier.find(({ id }) => id === epoch);
    if (found === undefined) return;
    const { pictureId, tl0PicIdx } = descriptor;
    if (pictureId !== undefined) {
      const at = payloadOffset + descriptor.pictureIdOffset;
      const closedUp = found.pictures === undefined ? pictureId : found.pictures.map(pictureId);
      overwritePictureId(bytes, at, this.#shiftPictureId(found, closedUp, periodOf(bytes, at)));
    }
    if (tl0PicIdx !== undefined) bytes[payloadOffset + descriptor.tl0PicIdxOffset] = this.#shiftTl0PicIdx(found, tl0PicIdx);
  }

  /** @param period in which the source counts; ours is the same, as the field keeps its width */
  #shiftPictureId(epoch: Epoch, pictureId: number, period: number): number {
    const newest = this.#pictureId;
    epoch.pictureIdShift ??= newest === undefined ? 0 : newest + 1 - pictureId;
    const shifted = (pictureId + epoch.pictureIdShift) & (period - 1);
    if (newest === undefined || isAhead(newest, shifted, period)) this.#pictureId = shifted;
    return shifted;
  }

  #shiftTl0PicIdx(epoch: Epoch, tl0PicIdx: number): number {
    const newest = this.#tl0PicIdx;
    epoch.tl0PicIdxShift ??= newest === undefined ? 0 : newest + 1 - tl0PicIdx;
    const shifted = (tl0PicIdx + epoch.tl0PicIdxShift) & (TL0_PIC_IDX_PERIOD - 1);
    if (newest === undefined || isAhead(newest, shifted, TL0_PIC_IDX_PERIOD)) this.#tl0PicIdx = shifted;
    return shifted;
  }
}

function periodOf(bytes: Uint8Array, pictureIdOffset: number): number {
  return pictureIdLength(bytes, pictureIdOffset) === 2 ? LONG_PICTURE_ID_PERIOD : SHORT_PICTURE_ID_PERIOD;
}

/** Whether `to` follows `from` on a circle of `period` (a power of two) by the shorter way. */
function isAhead(from: number, to: number, period: number): boolean {
  const steps = (to - from) & (period - 1);
  return steps > 0 && steps < period >> 1;
}
