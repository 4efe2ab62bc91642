/**
 * Keystream of one stream, made for the next packets before they exist: in counter mode it depends on key, SSRC and index
 * only. A window holds consecutive indices in a ring of equal places, each as long as the stream's longest packet of late.
 */
import type { CounterModeKey } from './counter-mode-key.ts';
import type { KeystreamPages, PageHolder } from './keystream-pages.ts';
import { KEYSTREAM_PAGE_BYTES, type SrtpMemory } from './srtp-memory.ts';

/** What all windows of a suite share. */
export interface KeystreamSupply {
  readonly memory: SrtpMemory;
  readonly pages: KeystreamPages;
  /** Windows that are nearly used up, for `prepareAhead`. */
  readonly running: KeystreamWindow[];
}

const MAX_PLACES = 16;
/** Places are this round, so that a stream whose packets grow by a few bytes is not laid out anew each time. */
const PLACE_ROUNDING_BYTES = 64;
/** With so few packets left the window is topped up when there is time. */
const LOW_WATER_PACKETS = 2;
/** When in so many refills no packet was longer than half a place, places shrink. */
const REFILLS_BEFORE_SHRINKING = 16;

export class KeystreamWindow implements PageHolder {
  pageUsed = false;
  readonly #supply: KeystreamSupply;
  readonly #key: CounterModeKey;
  readonly #ssrc: number;
  #pageAt: number | undefined;
  #placeBytes = 0;
  #places = 0;
  /** Index of the oldest packet in the window, and the place it has. */
  #firstIndex = 0;
  #firstPlace = 0;
  /** How many indices from the first on are ready. */
  #ready = 0;
  #highestUsed = -1;
  #longestBytes = 0;
  #refills = 0;
  #queued = false;

  constructor(supply: KeystreamSupply, key: CounterModeKey, ssrc: number) {
    this.#supply = supply;
    this.#key = key;
    this.#ssrc = ssrc;
  }

  /**
   * Finds or makes the keystream of one packet. Older indices than the window's are made on their own.
   *
   * @returns its address; good until the next call on any window
   */
  locate(index: number, length: number): number {
    const ahead = index - this.#firstIndex;
    if (ahead < 0 || length === 0) return this.#key.generateSingle(this.#ssrc, index, length);
    if (length > this.#longestBytes) this.#longestBytes = length;
    if (this.#pageAt === undefined || ahead >= this.#ready || length > this.#placeBytes) {
      if (!this.#moveTo(index, length)) return this.#key.generateSingle(this.#ssrc, index, length);
    }
    this.pageUsed = true;
    if (index > this.#highestUsed) this.#highestUsed = index;
    if (!this.#queued && this.#unused() <= LOW_WATER_PACKETS) this.#queue();
    return (this.#pageAt as number) + this.#placeOf(index - this.#firstIndex) * this.#placeBytes;
  }

  /** Makes keystream for as many packets as there are places, keeping what is not used yet. */
  topUp(): void {
    this.#queued = false;
    if (this.#pageAt === undefined || this.#unused() > LOW_WATER_PACKETS) return;
    this.#shrinkIfDue();
    const used = this.#highestUsed + 1 - this.#firstIndex;
    this.#firstPlace = this.#placeOf(used);
    this.#firstIndex += used;
    this.#ready -= used;
    this.#fill();
  }

  losePage(): void {
    this.#pageAt = undefined;
    this.#ready = 0;
  }

  /** Gives the page back; the window may be used again and will then take another. */
  release(): void {
    if (this.#pageAt !== undefined) {
      this.#supply.memory.bytes.fill(0, this.#pageAt, this.#pageAt + KEYSTREAM_PAGE_BYTES);
      this.#supply.pages.giveBack(this.#pageAt);
    }
    this.losePage();
  }

  /** @returns false when there is no page to be had */
  #moveTo(index: number, length: number): boolean {
    if (this.#pageAt === undefined) {
      this.#pageAt = this.#supply.pages.take(this);
      if (this.#pageAt === undefined) return false;
      this.#ready = 0;
    }
    const used = index - this.#firstIndex;
    if (used > this.#ready || length > this.#placeBytes) {
      this.#layOut(Math.max(length, this.#placeBytes), index);
    } else {
      this.#firstPlace = this.#placeOf(used);
      this.#firstIndex = index;
      this.#ready -= used;
    }
    this.#fill();
    return true;
  }

  #layOut(longestBytes: number, firstIndex: number): void {
    const placeBytes = Math.ceil(longestBytes / PLACE_ROUNDING_BYTES) * PLACE_ROUNDING_BYTES;
    this.#placeBytes = placeBytes;
    this.#places = Math.min(MAX_PLACES, Math.floor(KEYSTREAM_PAGE_BYTES / placeBytes));
    this.#firstIndex = firstIndex;
    this.#firstPlace = 0;
    this.#ready = 0;
  }

  #fill(): void {
    const missing = this.#places - this.#ready;
    const keystream = this.#key.generate(this.#ssrc, this.#firstIndex + this.#ready, missing, this.#placeBytes);
    const place = this.#placeOf(this.#ready);
    const { bytes } = this.#supply.memory;
    const pageAt = this.#pageAt as number;
    const untilEnd = (this.#places - place) * this.#placeBytes;
    if (keystream.length <= untilEnd) {
      bytes.set(keystream, pageAt + place * this.#placeBytes);
    } else {
      bytes.set(keystream.subarray(0, untilEnd), pageAt + place * this.#placeBytes);
      bytes.set(keystream.subarray(untilEnd), pageAt);
    }
    (keystream.buffer as ArrayBuffer).transfer(0);
    this.#ready = this.#places;
    this.#refills++;
  }

  #shrinkIfDue(): void {
    if (this.#refills < REFILLS_BEFORE_SHRINKING) return;
    if (this.#longestBytes * 2 <= this.#placeBytes) this.#layOut(this.#longestBytes, this.#highestUsed + 1);
    this.#refills = 0;
    this.#longestBytes = 0;
  }

  #unused(): number {
    return this.#firstIndex + this.#ready - (this.#highestUsed + 1);
  }

  #placeOf(ahead: number): number {
    const place = this.#firstPlace + ahead;
    return place >= this.#places ? place - this.#places : place;
  }

  #queue(): void {
    const { memory, running } = this.#supply;
    // Nobody may ever call `prepareAhead`; then this must not grow for ever.
    if (running.length >= memory.options.keystreamPages) return;
    this.#queued = true;
    running.push(this);
  }
}
