/** Closes up the picture ids of one source over the frames that are left out on purpose, which decoders would otherwise wait for. */
import { NumberMap } from './number-map.ts';

export class PictureNumbers {
  readonly #period: number;
  readonly #first: number;
  readonly #map: NumberMap;
  #newest: number;

  /**
   * @param pictureId the first one that is left out; nothing after it has been sent
   * @param period in which the source counts, a power of two
   */
  constructor(pictureId: number, period: number) {
    this.#period = period;
    this.#first = pictureId;
    this.#newest = pictureId;
    this.#map = new NumberMap(pictureId, pictureId);
    this.#map.drop(pictureId);
  }

  /** Leaves one more picture out; each of its packets may say so. */
  leaveOut(pictureId: number): void {
    this.#map.drop(this.#advance(pictureId));
  }

  /** @returns the number of a picture as if those left out had not been counted; unwrapped, always the same for the same one */
  map(pictureId: number): number {
    const picture = this.#advance(pictureId);
    return picture < this.#first ? picture : (this.#map.map(picture) ?? picture);
  }

  /** The number nearest to the newest one that ends in these bits. */
  #advance(pictureId: number): number {
    const half = this.#period >> 1;
    const picture = this.#newest + ((pictureId - this.#newest + half) & (this.#period - 1)) - half;
    if (picture > this.#newest) this.#newest = picture;
    return picture;
  }
}
