/**
 * The memory for keystream made ahead of its packets: pages of the kernel's memory, lent to the streams that send.
 *
 * A page is taken back only from a stream that has not used it since the last search came by (second chance), and a search
 * looks at few pages: with more busy streams than pages, those that have one keep it and the others do without.
 */
import { KEYSTREAM_PAGE_BYTES, type SrtpMemory } from './srtp-memory.ts';

/** Who holds a page. */
export interface PageHolder {
  /** Set by the holder on every use of its page, cleared by the search. */
  pageUsed: boolean;
  /** The page is gone; its content must not be read again. */
  losePage(): void;
}

const MAX_SEARCH_STEPS = 16;

export class KeystreamPages {
  readonly #firstAt: number;
  readonly #holders: (PageHolder | undefined)[];
  readonly #free: number[] = [];
  #hand = 0;

  constructor(memory: SrtpMemory) {
    this.#firstAt = memory.keystreamPagesAt;
    const count = memory.options.keystreamPages;
    this.#holders = new Array<PageHolder | undefined>(count);
    // The lowest first, so that a small service touches little memory.
    for (let page = count - 1; page >= 0; page--) this.#free.push(page);
  }

  /** How many pages are lent out. */
  get lent(): number {
    return this.#holders.length - this.#free.length;
  }

  /** @returns the address of a page, or undefined when all are in use */
  take(holder: PageHolder): number | undefined {
    const page = this.#free.pop() ?? this.#reclaim();
    if (page === undefined) return undefined;
    this.#holders[page] = holder;
    return this.#firstAt + page * KEYSTREAM_PAGE_BYTES;
  }

  giveBack(pageAt: number): void {
    const page = (pageAt - this.#firstAt) / KEYSTREAM_PAGE_BYTES;
    this.#holders[page] = undefined;
    this.#free.push(page);
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
