/**
 * Keystream of one stream, made for the next packets before they exist: in counter mode it depends on key, SSRC and
 * index only. A window holds consecutive indices in equal places, each as long as the stream's longest recent packet.
 * It is always filled completely, with one cipher call; refilling it in parts would take more calls.
 */
import type { CounterModeKey } from './counter-mode-key.ts';
import type { InboundGroup } from './inbound-group.ts';
import type { KeystreamPages, PageHolder } from './keystream-pages.ts';
import { KEYSTREAM_PAGE_BYTES, type SrtpMemory } from './srtp-memory.ts';

/** What all windows of a suite share, and what its peers' packets come in. */
export interface KeystreamSupply {
  readonly memory: SrtpMemory;
  readonly pages: KeystreamPages;
  readonly inboundGroup: InboundGroup;
  /** Windows that are used up, for `prepareAhead`. */
  readonly running: KeystreamWindow[];
}

const MAX_PLACES = 16;
/** Places are this round, so that a stream whose packets grow by a few bytes is not laid out again each time. */
const PLACE_ROUNDING_BYTES = 64;
/** When in so many refills no packet was longer than half a place, places shrink. */
const REFILLS_BEFORE_SHRINKING = 16;

export class KeystreamWindow implements PageHolder {
  pageUsed = false;
  #pageAt: number | undefined = undefined;
  #placeBytes = 0;
  /** Index that the first place is for. */
  #firstIndex = 0;
  /** How many places are filled. */
  #ready = 0;
  #highestUsed = -1;
  #longestBytes = 0;
  #queued = false;
  readonly #supply: KeystreamSupply;
  readonly #key: CounterModeKey;
  readonly #ssrc: number;
  #refills = 0;

  constructor(supply: KeystreamSupply, key: CounterModeKey, ssrc: number) {
    this.#supply = supply;
    this.#key = key;
    // Signed: media/subscriber/outgoing-stream.ts says why.
    this.#ssrc = ssrc | 0;
  }

  prefetch(): number {
    if (this.#pageAt === undefined) return this.#refills;
    return this.#supply.memory.bytes[this.#pageAt + (this.#highestUsed + 1 - this.#firstIndex) * this.#placeBytes];
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
    if (ahead >= this.#ready || length > this.#placeBytes) {
      if (!this.#refill(index, length)) return this.#key.generateSingle(this.#ssrc, index, length);
    }
    this.pageUsed = true;
    if (index > this.#highestUsed) this.#highestUsed = index;
    if (!this.#queued && this.#isUsedUp()) this.#queue();
    return (this.#pageAt as number) + (index - this.#firstIndex) * this.#placeBytes;
  }

  /** Makes keystream for the next packets if there is none left. */
  topUp(): void {
    this.#queued = false;
    if (this.#pageAt === undefined || !this.#isUsedUp()) return;
    this.#shrinkIfDue();
    this.#fill(this.#pageAt, this.#highestUsed + 1);
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

  /** @returns false if no page is available */
  #refill(index: number, length: number): boolean {
    this.#pageAt ??= this.#supply.pages.take(this);
    if (this.#pageAt === undefined) return false;
    if (length > this.#placeBytes) this.#placeBytes = roundUp(length);
    this.#fill(this.#pageAt, index);
    return true;
  }

  #fill(pageAt: number, firstIndex: number): void {
    const places = Math.min(MAX_PLACES, Math.floor(KEYSTREAM_PAGE_BYTES / this.#placeBytes));
    const keystream = this.#key.generate(this.#ssrc, firstIndex, places, this.#placeBytes);
    this.#supply.memory.bytes.set(keystream, pageAt);
    // Frees it now: the collector would count these bytes and run far too often.
    (keystream.buffer as ArrayBuffer).transfer(0);
    this.#firstIndex = firstIndex;
    this.#ready = places;
    this.#refills++;
  }

  #shrinkIfDue(): void {
    if (this.#refills < REFILLS_BEFORE_SHRINKING) return;
    if (this.#longestBytes * 2 <= this.#placeBytes) this.#placeBytes = roundUp(this.#longestBytes);
    this.#refills = 0;
    this.#longestBytes = 0;
  }

  #isUsedUp(): boolean {
    return this.#highestUsed + 1 >= this.#firstIndex + this.#ready;
  }

  #queue(): void {
    const { memory, running } = this.#supply;
    // `prepareAhead` may never be called; this must not grow forever then.
    if (running.length >= memory.options.keystreamPages) return;
    this.#queued = true;
    running.push(this);
  }
}

function roundUp(length: number): number {
  return Math.ceil(length / PLACE_ROUNDING_BYTES) * PLACE_ROUNDING_BYTES;
}
