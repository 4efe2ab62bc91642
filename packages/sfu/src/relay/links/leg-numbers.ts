/**
 * SSRCs, mids and streams for the incoming legs on one transport to another node. SSRCs and mids are never reused; a
 * closed stream is reused as late as possible, since both ends need a moment to agree that it is free.
 */
import { MAX_STREAM_ID } from './control-messages.ts';

/**
 * The other end remembers every used SSRC in 16 MiB (secure/srtp/outbound-srtp.ts), so it cannot send with higher ones.
 * The limit is a million lower, because the transport is closed a moment after it is reached.
 */
const LAST_SSRC = 2 ** 27 - 2 ** 20;
/** Slightly less than half of all streams; the others stay free while closed ones settle. */
const MAX_STREAMS = 32_000;

export class LegNumbers {
  readonly #lowestSsrc: number;
  #ssrcs = 0;
  #mids = 0;
  readonly #lowestStreamId: number;
  readonly #streams = new Set<number>();
  #lastStreamId: number;

  /** @param parity each side chooses the numbers that it receives on, so that no SSRC and no stream is used in both directions */
  constructor(parity: 'even' | 'odd') {
    this.#lowestSsrc = parity === 'even' ? 2 : 3;
    // Stream 0 belongs to the control channel.
    this.#lowestStreamId = parity === 'even' ? 2 : 1;
    this.#lastStreamId = this.#lowestStreamId - 2;
  }

  /** The numbers are used up, so the transport has to be replaced. */
  get areUsedUp(): boolean {
    return this.#lowestSsrc + 2 * this.#ssrcs > LAST_SSRC;
  }

  /** Returns a higher SSRC than all before, as `InboundRtp.expect` requires. */
  nextSsrc(): number {
    return this.#lowestSsrc + 2 * this.#ssrcs++;
  }

  nextMid(): string {
    return `r${++this.#mids}`;
  }

  /** @returns undefined if all are in use */
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
