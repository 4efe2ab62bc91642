/**
 * Whether packets to a peer may say that they are ECN-capable. Some paths clear the field, or set a mark on everything, and some receivers
 * cannot read it. A few packets try it out; the others follow once a report has shown that the field arrives.
 *
 * @see RFC 6679 §7.2, §7.4; RFC 9000 §13.4.2, which does the same for QUIC
 */
import type { Acknowledgements } from './acknowledgements.ts';

/** Some networks drop what is ECN-capable, and more than this is not risked. All that leaves together counts as one. */
const TRIED_PACKETS = 10;
/** Chance does not explain that so many packets all arrive with a field that was not sent, or all with a mark. */
const WINDOW_PACKETS = 50;
/** Within this time the rate has been lowered so often that no queue of ours is left that a router would mark. */
const MARKS_EVERYTHING_MS = 3000;

export class EcnCheck {
  #state: 'trying' | 'capable' | 'failed' = 'trying';
  #tried = 0;
  #intact = 0;
  #marked = 0;
  #changed = 0;
  /** Since when every packet has been marked; NaN if not every one is. */
  #allMarkedSinceMs = Number.NaN;

  /** Whether packets should leave as ECN-capable. */
  get isWanted(): boolean {
    return this.#state === 'capable' || (this.#state === 'trying' && this.#tried < TRIED_PACKETS);
  }

  /** Records that a packet has left as ECN-capable. */
  noteSent(): void {
    if (this.#state === 'trying') this.#tried++;
  }

  /** Takes a report. */
  take(nowMs: number, { intact, marked, changed }: Pick<Acknowledgements, 'intact' | 'marked' | 'changed'>): void {
    this.#intact += intact;
    this.#marked += marked;
    this.#changed += changed;
    if (this.#state === 'trying' && this.#intact + this.#marked > this.#changed) this.#state = 'capable';
    if (this.#intact + this.#marked + this.#changed < WINDOW_PACKETS) return;
    if (this.#intact + this.#marked === 0) this.#state = 'failed';
    if (this.#intact + this.#changed > 0) this.#allMarkedSinceMs = Number.NaN;
    else if (Number.isNaN(this.#allMarkedSinceMs)) this.#allMarkedSinceMs = nowMs;
    else if (nowMs - this.#allMarkedSinceMs > MARKS_EVERYTHING_MS) this.#state = 'failed';
    this.#intact = 0;
    this.#marked = 0;
    this.#changed = 0;
  }
}
