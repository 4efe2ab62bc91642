/** Renumbers the pictures of one source without those that are dropped on purpose. Decoders would otherwise wait for them. */
import { NumberMap } from './sequence-rewriter.ts';

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

  /** Unwraps a picture id: the number closest to the newest one that has these low bits. */
  #advance(pictureId: number): number {
    const half = this.#period >> 1;
    const picture = this.#newest + ((pictureId - this.#newest + half) & (this.#period - 1)) - half;
    if (picture > this.#newest) this.#newest = picture;
    return picture;
  }
}
