/**
 * Memory for keystream that is generated ahead of its packets: pages of the kernel's memory, lent to the streams that send.
 *
 * A page is only reclaimed from a stream that has not used it since the last search passed it (second chance), and a search looks at few
 * pages. If there are more busy streams than pages, streams with a page keep it and the others have none.
 */
import { KEYSTREAM_PAGE_BYTES, type SrtpMemory } from './srtp-memory.ts';

/** A stream that holds a page. */
export interface PageHolder {
  /** Set by the holder on every use of its page, and cleared by the search. */
  pageUsed: boolean;
  /** Takes the page away. Its content must not be read again. */
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
