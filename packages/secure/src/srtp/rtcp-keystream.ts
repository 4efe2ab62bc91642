/**
 * Keystream for inbound SRTCP. A receiver of video reports ten times per second, in small packets with consecutive indices. A cipher call
 * costs several times as much as encrypting so few bytes, so one call serves several packets.
 *
 * @see RFC 3711 §3.4
 */
import type { CounterModeKey } from './counter-mode-key.ts';
import type { SrtpMemory } from './srtp-memory.ts';

/** Fits reports on 100 ms of video. Keystream for longer packets is generated individually. */
const PLACE_BYTES = 128;
const PLACES = 8;
const NONE = new Uint8Array(0);

export class RtcpKeystream {
  readonly #memory: SrtpMemory;
  readonly #key: CounterModeKey;
  #ssrc = 0;
  #lastIndex = -1;
  #ahead: Uint8Array = NONE;
  /** Index of the first place. */
  #firstIndex = 0;

  constructor(memory: SrtpMemory, key: CounterModeKey) {
    this.#memory = memory;
    this.#key = key;
  }

  /**
   * Finds or generates the keystream of one packet.
   *
   * @returns its address, valid until the next call on any key of this memory
   */
  locate(ssrc: number, index: number, length: number): number {
    const followsLast = ssrc === this.#ssrc && index === this.#lastIndex + 1;
    if (ssrc !== this.#ssrc) this.#ahead = NONE;
    this.#ssrc = ssrc;
    this.#lastIndex = index;
    if (length > PLACE_BYTES) return this.#key.generateSingle(ssrc, index, length);
    if (!this.#covers(index)) {
      if (!followsLast) return this.#key.generateSingle(ssrc, index, length);
      this.#ahead = this.#key.generate(ssrc, index, PLACES, PLACE_BYTES);
      this.#firstIndex = index;
    }
    const { bytes, singleKeystreamAt } = this.#memory;
    const start = (index - this.#firstIndex) * PLACE_BYTES;
    bytes.set(this.#ahead.subarray(start, start + PLACE_BYTES), singleKeystreamAt);
    return singleKeystreamAt;
  }

  #covers(index: number): boolean {
    const place = index - this.#firstIndex;
    return place >= 0 && place * PLACE_BYTES < this.#ahead.length;
  }
}
