/**
 * Authenticates packets with HMAC-SHA1, several at a time in the lanes of the kernel: those of a flush, and those that arrived together.
 *
 * @see RFC 2104, RFC 3711 §4.2.1
 */

import type { HmacSha1 } from '@causeway/wire';
import { INBOUND_PLACE_BYTES, JOB_WORDS, LANES, MAX_BLOCKS, type SrtpMemory } from './srtp-memory.ts';

/** Length of the tag of HMAC-SHA1-80. */
export const HMAC_TAG_LENGTH = 10;
const SHA1_INITIAL_STATE = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476, 0xc3d2e1f0 | 0];
const SHA1_BLOCK_BYTES = 64;
const STATE_WORDS = 5;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
const KEY_WORDS = 10;
const GROUP_WORDS = LANES * JOB_WORDS;

/**
 * A key as the two SHA-1 states that follow from it, so that authenticating a packet does not have to hash the key. The first ten words are
 * the state after the inner pad and the state after the outer pad, in the layout of a kernel job.
 */
export type AuthenticationKey = Int32Array;

/** @param key at most 64 bytes */
export function createAuthenticationKey(memory: SrtpMemory, key: Uint8Array): AuthenticationKey {
  const states = new Int32Array(2 * STATE_WORDS);
  writeAuthenticationStates(memory, key, states);
  return states;
}

/** @param key at most 64 bytes */
function writeAuthenticationStates(memory: SrtpMemory, key: Uint8Array, states: Int32Array): void {
  writeStateAfterPad(memory, key, INNER_PAD, states, 0);
  writeStateAfterPad(memory, key, OUTER_PAD, states, STATE_WORDS);
}

function writeStateAfterPad(memory: SrtpMemory, key: Uint8Array, pad: number, states: Int32Array, at: number): void {
  const { bytes, words, kernel, counterBlocksAt: block } = memory;
  const stateAt = kernel.singleState() / 4;
  for (let i = 0; i < SHA1_BLOCK_BYTES; i++) bytes[block + i] = (i < key.length ? key[i] : 0) ^ pad;
  words.set(SHA1_INITIAL_STATE, stateAt);
  kernel.compressSingle(block);
  bytes.fill(0, block, block + SHA1_BLOCK_BYTES);
  for (let word = 0; word < STATE_WORDS; word++) states[at + word] = words[stateAt + word];
}

/**
 * Packets that wait for their authentication tag, grouped by length in SHA-1 blocks, because four lanes take as long as the longest of
 * them. Four of one length go to the kernel at once, while they are still in the processor's first-level cache.
 */
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

/**
 * Up to four packets that arrived together and are authenticated together, because four lanes take as long as one. Each has a place in the
 * kernel's memory, where it is also decrypted.
 *
 * A packet in the group is not authentic yet. The caller that takes it passes the key and rollover counter, and compares the tag.
 */
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

const DIGEST_BYTES = 20;
const END_OF_MESSAGE = 0x80;
const LENGTH_AT = SHA1_BLOCK_BYTES - 8;
const TWO_TO_29 = 2 ** 29;

/**
 * Creates the HMAC-SHA1 of STUN messages and SCTP cookies, computed by the kernel. `node:crypto` makes an object with a finalizer for every
 * digest, and on a node with a thousand idle sessions collecting those objects cost more than everything else that their checks cause. The
 * memory is used only within a call, and the digests are the caller's.
 *
 * @see RFC 2104, RFC 3174
 */
export function createHmacSha1(memory: SrtpMemory): HmacSha1 {
  const states = new Int32Array(2 * STATE_WORDS);
  const [inner, outer] = [states.subarray(0, STATE_WORDS), states.subarray(STATE_WORDS)];
  return (key, data) => {
    writeAuthenticationStates(memory, key.length > SHA1_BLOCK_BYTES ? finishSha1(memory, SHA1_INITIAL_STATE, 0, key) : key, states);
    const innerDigest = finishSha1(memory, inner, SHA1_BLOCK_BYTES, data);
    return finishSha1(memory, outer, SHA1_BLOCK_BYTES, innerDigest);
  };
}

/**
 * Hashes the end of a message.
 *
 * @param state after `hashedBytes` bytes, a multiple of the block length
 */
function finishSha1(
  { bytes, words, view, kernel, counterBlocksAt: block }: SrtpMemory,
  state: ArrayLike<number>,
  hashedBytes: number,
  data: Uint8Array,
): Uint8Array {
  const stateAt = kernel.singleState();
  words.set(state, stateAt / 4);
  let at = 0;
  for (; at + SHA1_BLOCK_BYTES <= data.length; at += SHA1_BLOCK_BYTES) {
    for (let i = 0; i < SHA1_BLOCK_BYTES; i++) bytes[block + i] = data[at + i];
    kernel.compressSingle(block);
  }
  let length = data.length - at;
  for (let i = 0; i < length; i++) bytes[block + i] = data[at + i];
  bytes[block + length++] = END_OF_MESSAGE;
  if (length > LENGTH_AT) {
    bytes.fill(0, block + length, block + SHA1_BLOCK_BYTES);
    kernel.compressSingle(block);
    length = 0;
  }
  bytes.fill(0, block + length, block + LENGTH_AT);
  const totalBytes = hashedBytes + data.length;
  view.setUint32(block + LENGTH_AT, totalBytes / TWO_TO_29);
  view.setUint32(block + LENGTH_AT + 4, totalBytes << 3);
  kernel.compressSingle(block);
  const digest = new Uint8Array(DIGEST_BYTES);
  for (let word = 0; word < STATE_WORDS; word++) {
    const value = words[stateAt / 4 + word];
    digest[4 * word] = value >>> 24;
    digest[4 * word + 1] = value >>> 16;
    digest[4 * word + 2] = value >>> 8;
    digest[4 * word + 3] = value;
  }
  return digest;
}
