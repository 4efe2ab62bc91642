/**
 * Keystream of one stream, generated ahead of its packets: in counter mode it depends only on key, SSRC and index. A window holds
 * consecutive indices in places of equal size, each as long as the stream's longest recent packet. It is always filled completely with one
 * cipher call; filling it in parts would take more calls.
 */
import type { InboundGroup } from './authentication.ts';
import type { CounterModeKey } from './counter-mode-key.ts';
import type { KeystreamPlace, SrtpMemory } from './srtp-memory.ts';

const MAX_PLACES = 16;
/** Places are rounded up to this, so that a stream with slightly growing packets does not need a new layout each time. */
const PLACE_ROUNDING_BYTES = 64;
/** If no packet in this many refills was longer than half a place, places shrink. */
const REFILLS_BEFORE_SHRINKING = 16;
const MAX_SEARCH_STEPS = 16;

/** What all windows of a suite share. */
export interface KeystreamSupply {
  readonly memory: SrtpMemory;
  readonly pages: KeystreamPages;
  readonly inboundGroup: InboundGroup;
  /** Windows that are used up, for `prepareAhead`. */
  readonly running: KeystreamWindow[];
}

export class KeystreamWindow implements PageHolder {
  pageUsed = false;
  #pageAt: number | undefined = undefined;
  #placeBytes = 0;
  /** Index of the first place. */
  #firstIndex = 0;
  /** Number of places that are filled. */
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
    // Stored as a signed number; media/subscriber/outgoing-stream.ts explains why.
    this.#ssrc = ssrc | 0;
  }

  prefetch(): number {
    if (this.#pageAt === undefined) return this.#refills;
    return this.#supply.memory.bytes[this.#pageAt + (this.#highestUsed + 1 - this.#firstIndex) * this.#placeBytes];
  }

  /**
   * Finds or generates the keystream of one packet. Keystream for indices before the window is generated individually.
   *
   * @returns its address, valid until the next call on any window
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

  /** Generates keystream for the next packets if none is left. */
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

  /** Returns the page. The window can still be used, and will then take another. */
  release(): void {
    if (this.#pageAt !== undefined) this.#supply.pages.giveBack(this.#pageAt);
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
    const { memory, pages } = this.#supply;
    const places = Math.min(MAX_PLACES, Math.floor(memory.keystreamPageBytes / this.#placeBytes));
    this.#key.generate(pages.at(pageAt), this.#ssrc, firstIndex, places, this.#placeBytes);
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
    // If `prepareAhead` is never called, the list must not grow forever.
    if (running.length >= memory.keystreamPages) return;
    this.#queued = true;
    running.push(this);
  }
}

function roundUp(length: number): number {
  return Math.ceil(length / PLACE_ROUNDING_BYTES) * PLACE_ROUNDING_BYTES;
}

/** A stream that holds a page. */
export interface PageHolder {
  /** Set by the holder on every use of its page, and cleared by the search. */
  pageUsed: boolean;
  /** Takes the page away. Its content must not be read again. */
  losePage(): void;
}

/**
 * Memory for keystream that is generated ahead of its packets: pages of the kernel's memory, lent to the streams that send.
 *
 * A page is only reclaimed from a stream that has not used it since the last search passed it (second chance), and a search looks at few
 * pages. If there are more busy streams than pages, streams with a page keep it and the others have none.
 */
export class KeystreamPages {
  readonly #memory: SrtpMemory;
  readonly #holders: (PageHolder | undefined)[];
  /** Created with the first use of each page. */
  readonly #pages: KeystreamPlace[] = [];
  readonly #free: number[] = [];
  #hand = 0;

  constructor(memory: SrtpMemory) {
    this.#memory = memory;
    const count = memory.keystreamPages;
    this.#holders = new Array<PageHolder | undefined>(count);
    // The lowest page is used first, so that a small service touches little memory.
    for (let page = count - 1; page >= 0; page--) this.#free.push(page);
  }

  /** Number of pages that are lent out. */
  get lent(): number {
    return this.#holders.length - this.#free.length;
  }

  /** @returns the address of a page; undefined if all are in use */
  take(holder: PageHolder): number | undefined {
    const page = this.#free.pop() ?? this.#reclaim();
    if (page === undefined) return undefined;
    this.#holders[page] = holder;
    const pageAt = this.#memory.keystreamPagesAt + page * this.#memory.keystreamPageBytes;
    this.#pages[page] ??= this.#memory.createKeystreamPlace(pageAt);
    return pageAt;
  }

  /** @param pageAt the address of a page that is lent */
  at(pageAt: number): KeystreamPlace {
    return this.#pages[this.#numberOf(pageAt)];
  }

  /** Erases a page, and takes it back. */
  giveBack(pageAt: number): void {
    const { bytes, keystreamPageBytes } = this.#memory;
    const page = this.#numberOf(pageAt);
    bytes.fill(0, pageAt, pageAt + keystreamPageBytes);
    this.#pages[page]?.writer?.forget();
    this.#holders[page] = undefined;
    this.#free.push(page);
  }

  #numberOf(pageAt: number): number {
    return (pageAt - this.#memory.keystreamPagesAt) / this.#memory.keystreamPageBytes;
  }

  #reclaim(): number | undefined {
    for (let step = 0; step < MAX_SEARCH_STEPS && step < this.#holders.length; step++) {
      const page = this.#hand;
      this.#hand = page + 1 === this.#holders.length ? 0 : page + 1;
      const holder = this.#holders[page];
      if (holder === undefined) continue;
      if (!holder.pageUsed) {
        holder.losePage();
        return page;
      }
      holder.pageUsed = false;
    }
    return undefined;
  }
}
