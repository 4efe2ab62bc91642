/** Remembers where a stream's last keyframe started, so that a subscriber that joins a moment later can still start with it. */
import type { ExtendedSeq } from '@causeway/wire';

/** Sending more at once would be a burst. A camera at 1.5 Mbit/s has sent no more than this after 250 ms, including its keyframe. */
const RECENT_PACKETS = 64;

export class RecentKeyframe {
  #first: ExtendedSeq | undefined = undefined;
  #timestamp = 0;
  #atMs = Number.NEGATIVE_INFINITY;

  /**
   * Records a packet that a keyframe starts with. In some codecs one keyframe has several such packets, and they may arrive in any order.
   */
  note(nowMs: number, sequence: ExtendedSeq, timestamp: number): void {
    const isSame = this.#first !== undefined && timestamp === this.#timestamp;
    if (this.#first !== undefined && sequence < this.#first && !isSame) return;
    if (isSame && this.#first !== undefined && sequence > this.#first) return;
    this.#first = sequence;
    this.#timestamp = timestamp;
    if (!isSame) this.#atMs = nowMs;
  }

  /**
   * @param newest the newest packet of the stream
   * @param withinMs how long ago the keyframe may have arrived
   * @returns the keyframe's first packet; undefined if it arrived too long ago, or too many packets have followed
   */
  find(nowMs: number, newest: number, withinMs: number): ExtendedSeq | undefined {
    if (this.#first === undefined || nowMs - this.#atMs > withinMs) return undefined;
    return newest - this.#first < RECENT_PACKETS ? this.#first : undefined;
  }
}
