/**
 * Makes one continuous outgoing stream of whatever a subscriber is switched between: sequence numbers without gaps of our
 * making, timestamps that advance with the wall clock.
 *
 * No outgoing number is ever given to two different packets. Receivers would discard the second, and with SRTP it would
 * encrypt two packets with the same keystream.
 *
 * @see RFC 3550 §5.1, RFC 3711 §9.1
 */
import { compactNumber, type ExtendedSeq, timestampDistance } from '@causeway/wire';
import { NumberMap } from './number-map.ts';

/** How many sources back a packet can still be sent again. Switches wait for keyframes, so this is seconds. */
const MAX_EPOCHS = 4;
const MAX_EPOCH_ID = 0xffff;

/** The time during which one source is forwarded, with the sequence numbers of it. One object: each is fetched for every packet. */
class Epoch<Source> extends NumberMap {
  readonly id: number;
  readonly source: Source;
  /** Outgoing timestamp less source timestamp, as a signed number. */
  readonly timestampShift: number;

  constructor(id: number, source: Source, firstSourceSeq: number, firstSeq: number, timestampShift: number) {
    super(firstSourceSeq, firstSeq);
    this.id = id;
    this.source = source;
    this.timestampShift = timestampShift;
  }
}

export class SequenceRewriter<Source> {
  /** Under way; undefined before the first switch. Apart from the others: nearly every packet is of it. */
  #current: Epoch<Source> | undefined = undefined;
  /** The latest ones before it, the newest last. */
  #earlier: readonly Epoch<Source>[] = [];
  #highestSeq: number;
  /** As a signed number: `OutgoingStream` says why. */
  #highestTimestamp: number | undefined = undefined;
  /** When the packet that brought the highest timestamp was sent, in whole milliseconds. */
  #highestTimestampAtMs = 0;

  /** @param firstSeq the number of the first packet to be sent */
  constructor(firstSeq: number) {
    this.#highestSeq = firstSeq - 1;
  }

  /** Id of the epoch under way, 1 … 65,535; 0 before the first switch. */
  get epoch(): number {
    return this.#current?.id ?? 0;
  }

  prefetch(): number {
    const current = this.#current;
    return current === undefined ? 0 : current.id ^ current.highestTarget;
  }

  /** The highest number sent, or left for a packet that may still come; undefined before the first. */
  get highest(): ExtendedSeq | undefined {
    return this.#current === undefined ? undefined : (this.#current.highestTarget as ExtendedSeq);
  }

  /**
   * Starts an epoch: from this packet on, `source` is forwarded. The first epoch keeps the source's timestamps; the others
   * continue from the highest timestamp sent, by the time that has passed since.
   */
  switchSource(nowMs: number, source: Source, firstSourceSeq: ExtendedSeq, firstSourceTimestamp: number, clockRateHz: number): void {
    this.#startEpoch(source, firstSourceSeq, this.#timestampShift(nowMs, firstSourceTimestamp, clockRateHz));
  }

  /** Starts an epoch with another copy of the present source: what that numbers `firstSourceSeq` follows on the newest packet. */
  continueWith(source: Source, firstSourceSeq: ExtendedSeq): void {
    this.#startEpoch(source, firstSourceSeq, this.#current?.timestampShift ?? 0);
  }

  /**
   * Gives a packet of the present source its outgoing number; always the same one.
   *
   * @returns undefined if it is older than the packet the epoch began with, was dropped, or is too late to have a place
   */
  map(nowMs: number, sourceSeq: ExtendedSeq, sourceTimestamp: number): ExtendedSeq | undefined {
    const current = this.#current;
    if (current === undefined) return undefined;
    const outSeq = current.map(sourceSeq);
    if (outSeq === undefined) return undefined;
    const timestamp = (sourceTimestamp + current.timestampShift) | 0;
    if (this.#highestTimestamp === undefined || timestampDistance(this.#highestTimestamp, timestamp) > 0) {
      this.#highestTimestamp = timestamp;
      this.#highestTimestampAtMs = compactNumber(Math.round(nowMs));
    }
    return outSeq as ExtendedSeq;
  }

  /**
   * Gives a packet of an earlier epoch's source the outgoing number that was left for it.
   *
   * @returns undefined if none was, or the epoch is forgotten
   */
  mapLate(epoch: number, sourceSeq: ExtendedSeq): ExtendedSeq | undefined {
    return this.#find(epoch)?.mapLate(sourceSeq) as ExtendedSeq | undefined;
  }

  /** Leaves a packet of the present source out. @returns false if a newer packet has been mapped already: the receiver sees a gap */
  drop(sourceSeq: ExtendedSeq): boolean {
    return this.#current?.drop(sourceSeq) ?? true;
  }

  /** The source that was forwarded in an epoch; undefined if that is too many switches ago. */
  sourceOf(epoch: number): Source | undefined {
    return this.#find(epoch)?.source;
  }

  /** The outgoing timestamp for one of the source of an epoch; 0 if the epoch is forgotten (`sourceOf` tells). */
  mapTimestamp(sourceTimestamp: number, epoch: number = this.epoch): number {
    const found = this.#find(epoch);
    return found === undefined ? 0 : (sourceTimestamp + found.timestampShift) >>> 0;
  }

  #startEpoch(source: Source, firstSourceSeq: ExtendedSeq, timestampShift: number): void {
    const current = this.#current;
    if (current !== undefined) this.#highestSeq = current.highestTarget;
    const id = ((current?.id ?? 0) % MAX_EPOCH_ID) + 1;
    if (current !== undefined) this.#earlier = [...this.#earlier.slice(2 - MAX_EPOCHS), current];
    this.#current = new Epoch(id, source, firstSourceSeq, this.#highestSeq + 1, timestampShift);
  }

  #find(id: number): Epoch<Source> | undefined {
    return this.#current?.id === id ? this.#current : this.#earlier.find((epoch) => epoch.id === id);
  }

  #timestampShift(nowMs: number, firstSourceTimestamp: number, clockRateHz: number): number {
    if (this.#highestTimestamp === undefined) return 0;
    const elapsedTicks = Math.round(((nowMs - this.#highestTimestampAtMs) * clockRateHz) / 1000);
    // At least one: the new source's first frame must not look like more of the old one's last.
    return (this.#highestTimestamp + Math.max(1, elapsedTicks) - firstSourceTimestamp) | 0;
  }
}
