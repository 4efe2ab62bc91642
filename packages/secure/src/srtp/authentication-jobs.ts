/**
 * Packets waiting for their authentication tag. They are handed to the kernel sorted by length in SHA-1 blocks, because
 * four lanes take as long as the longest of them.
 */
import type { AuthenticationKey } from './authentication-key.ts';
import { AUTHENTICATION_ROOM_BYTES, JOB_WORDS, MAX_INBOUND_PACKET_BYTES, MAX_JOBS, type SrtpMemory } from './srtp-memory.ts';

const MAX_BLOCKS = Math.ceil((MAX_INBOUND_PACKET_BYTES + AUTHENTICATION_ROOM_BYTES) / 64);
const KEY_WORDS = 10;
const NONE = -1;

export class AuthenticationJobs {
  readonly #memory: SrtpMemory;
  readonly #keys = new Array<AuthenticationKey>(MAX_JOBS);
  readonly #message = new Int32Array(MAX_JOBS);
  readonly #length = new Int32Array(MAX_JOBS);
  readonly #word = new Int32Array(MAX_JOBS);
  readonly #tagAt = new Int32Array(MAX_JOBS);
  /** Per length in blocks the job added last, and per job the one of the same length before it. */
  readonly #lastOfLength = new Int16Array(MAX_BLOCKS + 1).fill(NONE);
  readonly #previous = new Int16Array(MAX_JOBS);
  #count = 0;

  constructor(memory: SrtpMemory) {
    this.#memory = memory;
  }

  get isFull(): boolean {
    return this.#count === MAX_JOBS;
  }

  /**
   * Adds one packet; there must be room. The kernel writes `word` behind the packet as part of what it authenticates, and
   * padding behind that.
   *
   * @param message address of the packet
   * @param tagAt address the ten bytes of the tag go to; may overlap `word` and padding
   */
  add(key: AuthenticationKey, message: number, length: number, word: number, tagAt: number): void {
    const job = this.#count++;
    this.#keys[job] = key;
    this.#message[job] = message;
    this.#length[job] = length;
    this.#word[job] = word;
    this.#tagAt[job] = tagAt;
    const blocks = ((length + 12) >>> 6) + 1;
    this.#previous[job] = this.#lastOfLength[blocks];
    this.#lastOfLength[blocks] = job;
  }

  /** Writes the tags of all packets added. */
  run(): void {
    if (this.#count === 0) return;
    const { jobsAt, kernel, words } = this.#memory;
    let at = jobsAt / 4;
    for (let blocks = 1; blocks <= MAX_BLOCKS; blocks++) {
      for (let job = this.#lastOfLength[blocks]; job !== NONE; job = this.#previous[job]) {
        writeJob(words, at, this.#keys[job], this.#message[job], this.#length[job], this.#word[job], this.#tagAt[job]);
        at += JOB_WORDS;
      }
      this.#lastOfLength[blocks] = NONE;
    }
    kernel.authenticate(jobsAt, this.#count);
    this.#count = 0;
  }
}

/** As one job added and run. For what arrives: there packets come one at a time. */
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

/** The layout is that of `kernel/authenticate.ts`; `at` counts words. */
function writeJob(
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
