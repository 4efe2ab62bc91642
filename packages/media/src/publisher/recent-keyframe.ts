/** Where in a stream its last keyframe began, so that who comes a moment later can still begin with it. */
import type { ExtendedSeq } from '@causeway/wire';

/** Later than this the picture would be old. */
const RECENT_MS = 250;
/** More at once would be a burst. A camera of 1.5 Mbit/s has sent no more by then, its keyframe included. */
const RECENT_PACKETS = 64;

export class RecentKeyframe {
  #first: ExtendedSeq | undefined = undefined;
  #timestamp = 0;
  #atMs = Number.NEGATIVE_INFINITY;

  /** Takes the number of a packet that a keyframe begins with; in some codecs there are several of them in one, and they come in any order. */
  note(nowMs: number, sequence: ExtendedSeq, timestamp: number): void {
    const isSame = this.#first !== undefined && timestamp === this.#timestamp;
    if (this.#first !== undefined && sequence < this.#first && !isSame) return;
    if (isSame && this.#first !== undefined && sequence > this.#first) return;
    this.#first = sequence;
    this.#timestamp = timestamp;
    if (!isSame) this.#atMs = nowMs;
  }

  /**
   * @param newest packet of the stream
   * @returns the keyframe's first packet; undefined if it came too long ago, or too much has come since
   */
  find(nowMs: number, newest: number): ExtendedSeq | undefined {
    if (this.#first === undefined || nowMs - this.#atMs > RECENT_MS) return undefined;
    return newest - this.#first < RECENT_PACKETS ? this.#first : undefined;
  }
}
