/**
 * Packets that wait for their authentication tag, grouped by length in SHA-1 blocks, because four lanes take as long as the longest of
 * them. Four of one length go to the kernel at once, while they are still in the processor's first-level cache.
 */
import type { AuthenticationKey } from './authentication-key.ts';
import { JOB_WORDS, LANES, MAX_BLOCKS, type SrtpMemory } from './srtp-memory.ts';

const KEY_WORDS = 10;
const GROUP_WORDS = LANES * JOB_WORDS;

export class AuthenticationJobs {
  readonly #memory: SrtpMemory;
  /** For each length in blocks, how many jobs wait in its group. */
  readonly #waiting = new Uint8Array(MAX_BLOCKS + 1);
  #count = 0;

  constructor(memory: SrtpMemory) {
    this.#memory = memory;
  }

  /**
   * Adds one packet. The kernel writes `word` after the packet, which is authenticated with it, and then padding.
   *
   * @param message address of the packet
   * @param tagAt address for the ten bytes of the tag; may overlap `word` and padding
   */
  add(key: AuthenticationKey, message: number, length: number, word: number, tagAt: number): void {
    const { jobGroupsAt, kernel, words } = this.#memory;
    const blocks = ((length + 12) >>> 6) + 1;
    const group = jobGroupsAt / 4 + blocks * GROUP_WORDS;
    const waiting = this.#waiting[blocks];
    writeJob(words, group + waiting * JOB_WORDS, key, message, length, word, tagAt);
    if (waiting + 1 < LANES) {
      this.#waiting[blocks] = waiting + 1;
      this.#count++;
      return;
    }
    kernel.authenticate(group * 4, LANES);
    this.#waiting[blocks] = 0;
    this.#count -= waiting;
  }

  /** Writes the tags of all packets that still wait for others of their length. */
  run(): void {
    if (this.#count === 0) return;
    const { jobGroupsAt, jobsAt, kernel, words } = this.#memory;
    let at = jobsAt / 4;
    for (let blocks = 1; blocks <= MAX_BLOCKS; blocks++) {
      const waitingWords = this.#waiting[blocks] * JOB_WORDS;
      if (waitingWords === 0) continue;
      const group = jobGroupsAt / 4 + blocks * GROUP_WORDS;
      words.copyWithin(at, group, group + waitingWords);
      at += waitingWords;
      this.#waiting[blocks] = 0;
    }
    kernel.authenticate(jobsAt, this.#count);
    this.#count = 0;
  }
}

/** Authenticates one packet immediately, for inbound packets that arrive alone. */
export function authenticateOne(
  memory: SrtpMemory,
  key: AuthenticationKey,
  message: number,
  length: number,
  word: number,
  tagAt: number,
): void {
  writeJob(memory.words, memory.jobsAt / 4, key, message, length, word, tagAt);
  memory.kernel.authenticate(memory.jobsAt, 1);
}

/** Writes a job in the layout of `kernel/authenticate.ts`. @param at index of the job's first word */
export function writeJob(
  words: Int32Array,
  at: number,
  key: AuthenticationKey,
  message: number,
  length: number,
  word: number,
  tagAt: number,
): void {
  for (let i = 0; i < KEY_WORDS; i++) words[at + i] = key[i];
  words[at + KEY_WORDS] = message;
  words[at + KEY_WORDS + 1] = length;
  words[at + KEY_WORDS + 2] = word;
  words[at + KEY_WORDS + 3] = tagAt;
}
