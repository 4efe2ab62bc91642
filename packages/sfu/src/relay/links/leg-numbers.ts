/**
 * SSRCs, mids and streams for the legs that come in over one transport to another node. None of the former two is given twice; a stream that was
 * closed comes round again as late as possible, since both ends need a moment to agree that it is free.
 */
import { MAX_STREAM_ID } from './control-messages.ts';

/**
 * Higher ones the other end could not send under for ever: it remembers every SSRC that has been used, in 16 MiB (secure/srtp/spent-ssrcs.ts).
 * A million short of its end, because the transport is given up a moment later.
 */
const LAST_SSRC = 2 ** 27 - 2 ** 20;
/** Half of those that there are, without one or two: some have to be free for those that have just been closed. */
const MAX_STREAMS = 32_000;

export class LegNumbers {
  readonly #lowestSsrc: number;
  #ssrcs = 0;
  #mids = 0;
  readonly #lowestStreamId: number;
  readonly #streams = new Set<number>();
  #lastStreamId: number;

  /** @param parity each side numbers what it receives, so that no SSRC and no stream is used for both directions */
  constructor(parity: 'even' | 'odd') {
    this.#lowestSsrc = parity === 'even' ? 2 : 3;
    // Stream 0 is that of the control channel.
    this.#lowestStreamId = parity === 'even' ? 2 : 1;
    this.#lastStreamId = this.#lowestStreamId - 2;
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

  /** @returns undefined when all are in use */
  takeStreamId(): number | undefined {
    if (this.#streams.size >= MAX_STREAMS) return undefined;
    do this.#lastStreamId = this.#lastStreamId + 2 > MAX_STREAM_ID ? this.#lowestStreamId : this.#lastStreamId + 2;
    while (this.#streams.has(this.#lastStreamId));
    this.#streams.add(this.#lastStreamId);
    return this.#lastStreamId;
  }

  releaseStreamId(streamId: number): void {
    this.#streams.delete(streamId);
  }
}
