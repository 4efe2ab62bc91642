/**
 * Leaves the upper temporal layers of a stream out. What is left is a picture of fewer frames a
 * second that needs nothing of what is missing, so going down takes effect with the next frame; going
 * up has to wait for a frame that needs nothing that was left out.
 *
 * @see RFC 7741 §4.2 (TID and Y)
 */
import { timestampDistance } from '@causeway/wire';

/** What the filter looks at of a packet. */
export interface TemporalPacket {
  readonly timestamp: number;
  /** Undefined if the packet does not tell. */
  readonly temporalId: number | undefined;
  /** Its frame refers to the base layer alone. */
  readonly isLayerSync: boolean;
}

export class TemporalFilter {
  #wanted: number;
  /** The highest layer that is passed on of the newest frame, and of those before it. */
  #limit: number;
  #limitBefore: number;
  #newestTimestamp: number | undefined = undefined;

  /** @param limit the highest temporal layer that is passed on */
  constructor(limit: number) {
    this.#wanted = limit;
    this.#limit = limit;
    this.#limitBefore = limit;
  }

  /** The highest layer that is passed on now. */
  get limit(): number {
    return this.#limit;
  }

  set wanted(limit: number) {
    this.#wanted = limit;
  }

  /** The stream begins anew with a keyframe: every layer may follow. */
  restart(): void {
    this.#limit = this.#wanted;
    this.#limitBefore = this.#wanted;
    this.#newestTimestamp = undefined;
  }

  /** @returns whether the packet is to be sent; the same for all packets of a frame */
  admits({ timestamp, temporalId, isLayerSync }: TemporalPacket): boolean {
    if (temporalId === undefined) return true;
    const newest = this.#newestTimestamp;
    const distance = newest === undefined ? 1 : timestampDistance(newest, timestamp);
    if (distance < 0) return temporalId <= this.#limitBefore;
    if (distance > 0) {
      this.#newestTimestamp = timestamp;
      this.#limitBefore = this.#limit;
      if (this.#wanted < this.#limit) this.#limit = this.#wanted;
      else if (isLayerSync && temporalId > this.#limit && temporalId <= this.#wanted) this.#limit = temporalId;
    }
    return temporalId <= this.#limit;
  }
}
