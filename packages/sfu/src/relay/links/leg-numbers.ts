/** SSRCs and mids for the legs that come in over one transport to another node. None is given twice. */

/**
 * Higher ones the other end could not send under for ever: it remembers every SSRC that has been used, in 16 MiB (secure/srtp/spent-ssrcs.ts).
 * A million short of its end, because the transport is given up a moment later.
 */
const LAST_SSRC = 2 ** 27 - 2 ** 20;

export class LegNumbers {
  readonly #lowestSsrc: number;
  #ssrcs = 0;
  #mids = 0;

  /** @param parity each side numbers what it receives, so that no SSRC comes in both directions */
  constructor(parity: 'even' | 'odd') {
    this.#lowestSsrc = parity === 'even' ? 2 : 3;
  }

  /** The transport has to make room for another. */
  get areUsedUp(): boolean {
    return this.#lowestSsrc + 2 * this.#ssrcs > LAST_SSRC;
  }

  /** Higher than all before, as `SecureEndpoint.expectInbound` demands. */
  nextSsrc(): number {
    return this.#lowestSsrc + 2 * this.#ssrcs++;
  }

  nextMid(): string {
    return `r${++this.#mids}`;
  }
}
