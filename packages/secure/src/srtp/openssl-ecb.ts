/**
 * AES-128 of counter blocks by calling the OpenSSL library that Node itself uses, through `node:ffi`. A call of `node:crypto` takes twice
 * as long, mostly for a buffer that has to be allocated, copied and freed. So it has to cover four times as many packets, whose keystream
 * takes four times as much memory.
 *
 * OpenSSL is only given addresses in one memory that never moves. If the library is not available, `node:crypto` is used instead.
 *
 * @see https://docs.openssl.org/3.5/man3/EVP_EncryptInit/, docs/adr/0003-srtp-by-flush.md
 */
import { createCipheriv } from 'node:crypto';
import { bindByFfi, contextsOfThread } from '../node-ffi.ts';

const KEY_WORDS = 4;
const NO_KEY = [0, 0, 0, 0];
const NULL = 0n;
const SIGN = 0xc5;
const OK = 1;

const SIGNATURES = {
  EVP_aes_128_ecb: { return: 'pointer', arguments: [] },
  EVP_EncryptInit_ex: { return: 'i32', arguments: ['u64', 'u64', 'u64', 'u64', 'u64'] },
  EVP_Cipher: { return: 'i32', arguments: ['u64', 'u64', 'u64', 'u32'] },
} as const;

type Ffi = typeof import('node:ffi');
type Library = ReturnType<typeof openLibrary>;

/** A key as four words in the order of its bytes in memory. */
export type EcbKey = readonly number[];

/** Where in a memory OpenSSL finds its input, as offsets. */
export interface EcbSource {
  readonly memory: Uint8Array;
  /** 16 bytes that are only used within a call. */
  readonly keyAt: number;
  readonly blocksAt: number;
}

/** Binds the library to a memory. */
export type BindEcb = (source: EcbSource) => OpensslEcb;

/** @returns undefined if the library is not available, or its results differ from those of `node:crypto` */
export function loadOpensslEcb(): BindEcb | undefined {
  return bindByFfi((ffi) => {
    const library = openLibrary(ffi);
    const bind: BindEcb = (source) => new OpensslEcb(ffi, library, source);
    return agreesWithNode(bind) ? bind : undefined;
  });
}

function openLibrary(ffi: Ffi) {
  // The reference to the library is kept, because it is not documented what happens to its functions when it is collected.
  const library = ffi.dlopen(null, SIGNATURES);
  return { library, ...library.functions, algorithm: library.functions.EVP_aes_128_ecb(), contexts: contextsOfThread(ffi) };
}

/** The library for one memory. */
export class OpensslEcb {
  readonly #library: Library;
  readonly #baseAt: bigint;
  readonly #keyWords: Int32Array;
  readonly #keyPointer: bigint;
  readonly #blocksPointer: bigint;

  /** @throws Error – this version of Node returns other addresses than we expect, so that OpenSSL would access other memory */
  constructor(ffi: Ffi, library: Library, { memory, keyAt, blocksAt }: EcbSource) {
    this.#library = library;
    this.#baseAt = ffi.getRawPointer(memory);
    this.#keyWords = new Int32Array(memory.buffer, memory.byteOffset + keyAt, KEY_WORDS);
    this.#keyPointer = this.#pointerTo(keyAt);
    this.#blocksPointer = this.#pointerTo(blocksAt);
    memory[keyAt] = SIGN;
    if (ffi.getUint8(this.#keyPointer) !== SIGN) throw new Error('this Node means something else by addresses');
    memory[keyAt] = 0;
  }

  /** @param toAt where its output goes, an offset in the memory */
  createWriter(toAt: number): EcbWriter {
    return new EcbWriter(this, this.#pointerTo(toAt));
  }

  /** @returns 0n if OpenSSL has no memory */
  createContext(): bigint {
    return this.#library.contexts.create(this);
  }

  /** @returns false if OpenSSL fails */
  expandKey(context: bigint, key: EcbKey): boolean {
    const { EVP_EncryptInit_ex, algorithm } = this.#library;
    for (let word = 0; word < KEY_WORDS; word++) this.#keyWords[word] = key[word];
    const isReady = EVP_EncryptInit_ex(context, algorithm, NULL, this.#keyPointer, NULL) === OK;
    this.#keyWords.fill(0);
    return isReady;
  }

  /** @returns false if OpenSSL fails */
  encrypt(context: bigint, toPointer: bigint, length: number): boolean {
    return this.#library.EVP_Cipher(context, toPointer, this.#blocksPointer, length) === length;
  }

  #pointerTo(offset: number): bigint {
    return this.#baseAt + BigInt(offset);
  }
}

/**
 * Encrypts the blocks at the source of its library to a place of its own. It has a context of OpenSSL, of about a kilobyte, which keeps the
 * expanded key, so a writer should be used with the same key for long. Contexts are freed with the memory: there are as many as places.
 */
export class EcbWriter {
  readonly #ecb: OpensslEcb;
  readonly #toPointer: bigint;
  #context = NULL;
  #key: EcbKey | undefined = undefined;

  constructor(ecb: OpensslEcb, toPointer: bigint) {
    this.#ecb = ecb;
    this.#toPointer = toPointer;
  }

  /** @returns false if OpenSSL fails; what is at the place then is undefined */
  write(key: EcbKey, length: number): boolean {
    return (this.#key === key || this.#expand(key)) && this.#ecb.encrypt(this.#context, this.#toPointer, length);
  }

  /** Replaces the expanded key, so that the context no longer has it. */
  forget(): void {
    if (this.#key !== undefined) this.#expand(NO_KEY);
  }

  #expand(key: EcbKey): boolean {
    this.#key = undefined;
    if (this.#context === NULL) this.#context = this.#ecb.createContext();
    if (this.#context === NULL || !this.#ecb.expandKey(this.#context, key)) return false;
    this.#key = key;
    return true;
  }
}

/** Checks that OpenSSL's results are the same as those of `node:crypto`. */
function agreesWithNode(bind: BindEcb): boolean {
  const [keyAt, blocksAt, toAt, length] = [0, 64, 1_024, 128];
  const memory = new Uint8Array(2_048);
  const writer = bind({ memory, keyAt, blocksAt }).createWriter(toAt);
  const blocks = memory.subarray(blocksAt, blocksAt + length);
  for (let byte = 0; byte < length; byte++) blocks[byte] = byte * 7;
  // The second key replaces the first in the same context, and the third time the context already has it.
  const second = [5, 6, 7, 8];
  for (const key of [[1, -2, 3, -4], second, second]) {
    const cipher = createCipheriv('aes-128-ecb', new Uint8Array(Int32Array.from(key).buffer), null).setAutoPadding(false);
    if (!writer.write(key, length)) return false;
    if (!cipher.update(blocks).equals(memory.subarray(toAt, toAt + length))) return false;
  }
  return memory.subarray(toAt + length).every((byte) => byte === 0);
}
