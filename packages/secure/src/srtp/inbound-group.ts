/**
 * Up to four packets that arrived together and are authenticated together, because four lanes take as long as one. Each has a place in the
 * kernel's memory, where it is also decrypted.
 *
 * A packet in the group is not authentic yet. The caller that takes it passes the key and rollover counter, and compares the tag.
 */
import { writeJob } from './authentication-jobs.ts';
import type { AuthenticationKey } from './authentication-key.ts';
import { INBOUND_PLACE_BYTES, JOB_WORDS, LANES, type SrtpMemory } from './srtp-memory.ts';

export class InboundGroup {
  readonly #memory: SrtpMemory;
  readonly #packets = new Array<Uint8Array | undefined>(LANES).fill(undefined);
  readonly #keys = new Array<AuthenticationKey | undefined>(LANES).fill(undefined);
  readonly #words = new Int32Array(LANES);
  #count = 0;
  #isAuthenticated = false;

  constructor(memory: SrtpMemory) {
    this.#memory = memory;
  }

  /**
   * Copies a packet into the group. After four packets, or once one was taken, this starts a new group.
   *
   * @param length of the authenticated part; the tag follows
   * @param word the rollover counter, which is authenticated after it
   */
  add(key: AuthenticationKey, packet: Uint8Array, length: number, word: number): void {
    if (this.#isAuthenticated || this.#count === LANES) this.#begin();
    const { bytes, words, groupPacketsAt, groupJobsAt } = this.#memory;
    const lane = this.#count++;
    const at = groupPacketsAt + lane * INBOUND_PLACE_BYTES;
    bytes.set(packet, at);
    writeJob(words, groupJobsAt / 4 + lane * JOB_WORDS, key, at, length, word, at + length);
    this.#packets[lane] = packet;
    this.#keys[lane] = key;
    this.#words[lane] = word;
  }

  /**
   * Takes a packet out of the group, after its tag has been computed and written behind it.
   *
   * @returns its address; -1 if it was not added, or with another key or rollover counter
   */
  take(key: AuthenticationKey, packet: Uint8Array, word: number): number {
    for (let lane = 0; lane < this.#count; lane++) {
      if (this.#packets[lane] !== packet) continue;
      this.#packets[lane] = undefined;
      if (this.#keys[lane] !== key || this.#words[lane] !== word) return -1;
      this.#authenticate();
      return this.#memory.groupPacketsAt + lane * INBOUND_PLACE_BYTES;
    }
    return -1;
  }

  #authenticate(): void {
    if (this.#isAuthenticated) return;
    this.#isAuthenticated = true;
    this.#memory.kernel.authenticate(this.#memory.groupJobsAt, this.#count);
  }

  #begin(): void {
    this.#packets.fill(undefined);
    this.#keys.fill(undefined);
    this.#count = 0;
    this.#isAuthenticated = false;
  }
}
