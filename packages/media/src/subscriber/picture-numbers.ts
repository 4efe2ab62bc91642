/**
 * Keeps picture ids and TL0 indices of a VP8 stream continuous for a subscriber that is switched between sources, each of which has its own
 * numbering. Decoders treat a jump as lost frames.
 *
 * @see RFC 7741 §4.2
 */
import { overwritePictureId, pictureIdLength, seq16Distance, toSeq16, type Vp8Descriptor } from '@causeway/wire';
import { NumberMap } from './sequence-rewriter.ts';

/** The sequence rewriter keeps as many. Packets of an older epoch cannot be sent again, so their shift is not needed. */
const MAX_EPOCHS = 4;
const LONG_PICTURE_ID_PERIOD = 1 << 15;
const SHORT_PICTURE_ID_PERIOD = 1 << 7;
const TL0_PIC_IDX_PERIOD = 1 << 8;
/** Four seconds at 60 pictures a second. Packets are kept for two. */
const MAX_LATE_PICTURES = 240;

/** The values added to the numbers of one source; undefined until the source's first packet with such a number. */
interface PictureEpoch {
  readonly id: number;
  pictureIdShift: number | undefined;
  tl0PicIdxShift: number | undefined;
  /** Created when the first frame is dropped. Picture ids are renumbered by it before they are shifted. */
  pictures: PictureNumbers | undefined;
}

/** The rewriter itself is the current epoch, to which nearly every packet belongs: reading one object is faster than reading two. */
export class Vp8Rewriter implements PictureEpoch {
  id = 0;
  pictureIdShift: number | undefined = undefined;
  tl0PicIdxShift: number | undefined = undefined;
  pictures: PictureNumbers | undefined = undefined;
  /** The newest numbers sent; undefined before the first. */
  #pictureId: number | undefined = undefined;
  #tl0PicIdx: number | undefined = undefined;
  /** The most recent epochs before the current one. */
  #earlier: readonly PictureEpoch[] = [];

  prefetch(): number {
    return this.id;
  }

  /** Starts an epoch of the sequence rewriter with another source. Its first numbers continue from the newest ones sent. */
  startEpoch(epoch: number): void {
    this.continueEpoch(epoch);
    this.pictureIdShift = undefined;
    this.tl0PicIdxShift = undefined;
    this.pictures = undefined;
  }

  /** Starts an epoch with another copy of the same source, which has the same numbers. */
  continueEpoch(epoch: number): void {
    const { id, pictureIdShift, tl0PicIdxShift, pictures } = this;
    // An array that is built by spreading has room for seventeen.
    this.#earlier = this.#earlier.slice(2 - MAX_EPOCHS).concat({ id, pictureIdShift, tl0PicIdxShift, pictures });
    this.id = epoch;
  }

  /**
   * Records that a frame of the current epoch is dropped. Frames of temporal layer 0 are never dropped, so the TL0 index is not affected.
   *
   * @param payload of a packet of the frame; no later frame has been sent
   */
  leaveOut({ pictureId, pictureIdOffset }: Vp8Descriptor, payload: Uint8Array): void {
    if (pictureId === undefined) return;
    const period = periodOf(payload, pictureIdOffset);
    if (this.pictures === undefined) this.pictures = new PictureNumbers(pictureId, period);
    else this.pictures.leaveOut(pictureId);
  }

  /**
   * Rewrites the descriptor of an outgoing packet in place. If the packet's epoch is no longer kept, the payload is left as it is.
   *
   * @param bytes the subscriber's own copy
   * @param descriptor of that payload
   * @param epoch that the packet belongs to; an earlier one if this is a retransmission
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

  /** @param period after which ids wrap; the same on both sides, since the field keeps its width */
  #shiftPictureId(epoch: PictureEpoch, pictureId: number, period: number): number {
    const newest = this.#pictureId;
    epoch.pictureIdShift ??= newest === undefined ? 0 : newest + 1 - pictureId;
    const shifted = (pictureId + epoch.pictureIdShift) & (period - 1);
    if (newest === undefined || isAhead(newest, shifted, period)) this.#pictureId = shifted;
    return shifted;
  }

  #shiftTl0PicIdx(epoch: PictureEpoch, tl0PicIdx: number): number {
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

/** Whether `to` is ahead of `from` in a sequence that wraps at `period`, a power of two. */
function isAhead(from: number, to: number, period: number): boolean {
  const steps = (to - from) & (period - 1);
  return steps > 0 && steps < period >> 1;
}

/** Renumbers the pictures of one source without those that are dropped on purpose. Decoders would otherwise wait for them. */
export class PictureNumbers {
  readonly #period: number;
  readonly #first: number;
  readonly #map: NumberMap;
  #newest: number;

  /**
   * Starts with the first picture that is dropped.
   *
   * @param pictureId of that picture; no later one has been sent
   * @param period after which the source's picture ids wrap, a power of two
   */
  constructor(pictureId: number, period: number) {
    this.#period = period;
    this.#first = pictureId;
    this.#newest = pictureId;
    this.#map = new NumberMap(pictureId, pictureId);
    this.#map.drop(pictureId);
  }

  /** Drops another picture. May be called for each of its packets. */
  leaveOut(pictureId: number): void {
    this.#map.drop(this.#advance(pictureId));
  }

  /** @returns the number that the picture has if dropped ones are not counted; unwrapped, and always the same for the same picture */
  map(pictureId: number): number {
    const picture = this.#advance(pictureId);
    return picture < this.#first ? picture : (this.#map.map(picture) ?? picture);
  }

  /** Unwraps a picture id. If it is too low to be late, the source has started its count again, and the picture follows the newest. */
  #advance(pictureId: number): number {
    const most = Math.min(this.#period >> 1, MAX_LATE_PICTURES);
    const picture = this.#newest + ((pictureId - this.#newest + most) & (this.#period - 1)) - most;
    if (picture > this.#newest) this.#newest = picture;
    return picture;
  }
}

/** Length of the mandatory fields in bytes: one with two flags and the template id, then the frame number in two. */
export const MIN_DESCRIPTOR_LENGTH = 3;

/** The value added to the frame numbers of one source; undefined until the source's first packet with a frame number. */
interface FrameEpoch {
  readonly id: number;
  readonly shift: number | undefined;
}

/**
 * Keeps the frame numbers in dependency descriptors rising for a subscriber that is switched between sources, each of which has its own
 * numbering. Chromium drops every keyframe whose number is lower than the previous one: without the rewriting, the picture would freeze for
 * minutes.
 *
 * @see AV1 RTP payload format 1.0, appendix A.8 (mandatory_descriptor_fields)
 */
export class FrameNumberRewriter {
  #id = 0;
  #shift: number | undefined = undefined;
  /** The newest frame number sent; undefined before the first. */
  #newest: number | undefined = undefined;
  /** The most recent epochs before the current one. */
  #earlier: readonly FrameEpoch[] = [];

  /** Starts an epoch of the sequence rewriter with another source. Its first frame number continues from the newest one sent. */
  startEpoch(epoch: number): void {
    this.continueEpoch(epoch);
    this.#shift = undefined;
  }

  /** Starts an epoch with another copy of the same source, which has the same frame numbers. */
  continueEpoch(epoch: number): void {
    this.#earlier = this.#earlier.slice(2 - MAX_EPOCHS).concat({ id: this.#id, shift: this.#shift });
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
