/**
 * AES-128-GCM by calling the OpenSSL library that Node itself uses, through `node:ffi`. For each record, `node:crypto` creates objects in
 * V8 and in OpenSSL, which costs several times as much as the encryption.
 *
 * A call takes at least as long as encrypting a hundred bytes. OpenSSL's mode for TLS records is used because it needs only two calls: one
 * takes nonce and associated data, the other encrypts or decrypts the record in place. Contexts keep their keys, since expanding a key
 * takes another call.
 *
 * OpenSSL is only given addresses at constant offsets in a single array that never moves, and lengths are checked first. If the library is
 * not available, `node:crypto` is used instead.
 *
 * @see https://docs.openssl.org/3.5/man3/EVP_EncryptInit/ (`tlsaad`, `tlsivfixed`), docs/adr/0032-records-by-calls-into-openssl.md
 */
import { createCipheriv } from 'node:crypto';
import { bindByFfi, contextsOfThread } from '../node-ffi.ts';

const KEY_LENGTH = 16;
const NO_KEY = new Uint8Array(KEY_LENGTH);
const NONCE_LENGTH = 12;
/** Length of the part of the nonce that starts the record. */
const EXPLICIT_NONCE_LENGTH = 8;
const ASSOCIATED_DATA_LENGTH = 13;
const TAG_LENGTH = 16;
const OVERHEAD_LENGTH = EXPLICIT_NONCE_LENGTH + TAG_LENGTH;
/** More than any path carries in one datagram. */
export const MAX_GCM_LENGTH = 2_048;
/** Each direction of a client that sends data wants a context, of about a kilobyte. */
const MAX_CONTEXTS = 1_024;
/** How many contexts are looked at for one that is no longer used. */
const MAX_SEARCH_STEPS = 16;

/** The layout of the array. */
const KEY_AT = 0;
const NONCE_AT = 16;
const ASSOCIATED_DATA_AT = 32;
const NAMES_AT = 64;
const PARAMETERS_AT = 128;
/** Separate from `OPENED_AT`, because code that reads a decrypted record may encrypt another in the meantime. */
const SEALED_AT = 512;
const OPENED_AT = SEALED_AT + MAX_GCM_LENGTH + OVERHEAD_LENGTH + TAG_LENGTH;
const MEMORY_LENGTH = OPENED_AT + MAX_GCM_LENGTH + OVERHEAD_LENGTH + TAG_LENGTH;

/** `OSSL_PARAM` has a name, type, data, size of the data, and the size that OpenSSL returns, of eight bytes each. */
const PARAMETER_LENGTH = 40;
const OCTET_STRING = 5;
const NONCE_NAME = 'tlsivfixed\0';
const ASSOCIATED_DATA_NAME = 'tlsaad\0';
/** Passed as the length of the nonce, this means that the nonce is complete and no part of it is to be generated. */
const WHOLE_NONCE = 0xffff_ffff_ffff_ffffn;

const ENCRYPT = 1;
const DECRYPT = 0;
const NULL = 0n;
const SIGN = 0xc5;

const SIGNATURES = {
  EVP_aes_128_gcm: { return: 'pointer', arguments: [] },
  EVP_CipherInit_ex: { return: 'i32', arguments: ['pointer', 'pointer', 'pointer', 'pointer', 'pointer', 'i32'] },
  EVP_CIPHER_CTX_set_params: { return: 'i32', arguments: ['pointer', 'pointer'] },
  EVP_Cipher: { return: 'i32', arguments: ['pointer', 'pointer', 'pointer', 'u32'] },
} as const;

/** One key, used to either seal or open, and the inputs of the next record besides its text: 16, 12 and 13 bytes. */
export interface GcmInputs {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  /** The last two bytes are the length of the plain text. */
  readonly associatedData: Uint8Array;
  /** The context that last had the key; -1 initially. Only `OpensslGcm` sets it. */
  place: number;
}

/** Encrypts and decrypts records of up to `MAX_GCM_LENGTH` bytes. */
export interface OpensslGcm {
  /** Writes the encrypted bytes and the tag to `out`. @returns false if OpenSSL fails; nothing is written then */
  seal(inputs: GcmInputs, plain: Uint8Array, out: Uint8Array, offset: number): boolean;
  /**
   * Decrypts a record.
   *
   * @param sealed includes the explicit nonce and the tag
   * @returns the plain bytes, which the next call overwrites; undefined if the record is not authentic
   */
  open(inputs: GcmInputs, sealed: Uint8Array): Uint8Array | undefined;
  /** Erases the expanded key, and leaves its context to the next key. */
  forget(inputs: GcmInputs): void;
  /** Counts the contexts, and the keys that are in them. */
  census(): { readonly contexts: number; readonly keys: number };
}

/** A context of OpenSSL, and the owner of its key. */
interface Context {
  readonly at: bigint;
  owner: GcmInputs | undefined;
  direction: number;
  /** Set whenever the owner finds it, and cleared by the search for one that can be given to another key. */
  isUsed: boolean;
}

/** @returns undefined if the library is not available, or its results differ from those of `node:crypto` */
export function loadOpensslGcm(): OpensslGcm | undefined {
  return bindByFfi((ffi) => {
    const gcm = bindOpensslGcm(ffi);
    return gcm !== undefined && agreesWithNode(gcm) ? gcm : undefined;
  });
}

function bindOpensslGcm(ffi: typeof import('node:ffi')): OpensslGcm | undefined {
  // The reference to the library is kept, because it is not documented what happens to its functions when it is collected.
  const library = ffi.dlopen(null, SIGNATURES);
  const { EVP_aes_128_gcm, EVP_CipherInit_ex, EVP_CIPHER_CTX_set_params, EVP_Cipher } = library.functions;
  const memory = new Uint8Array(new ArrayBuffer(MEMORY_LENGTH));
  const baseAt = ffi.getRawPointer(memory);
  // Checks that the pointer is what we expect. If a later version of Node returned another address, OpenSSL would access other memory.
  memory[0] = SIGN;
  if (ffi.getUint8(baseAt) !== SIGN) return undefined;
  const at = (offset: number): bigint => baseAt + BigInt(offset);
  const [keyAt, parametersAt, sealedAt, openedAt] = [at(KEY_AT), at(PARAMETERS_AT), at(SEALED_AT), at(OPENED_AT)];
  writeParameters(memory, at);
  const algorithm = EVP_aes_128_gcm();
  const allocator = contextsOfThread(ffi);
  const contexts: Context[] = [];
  /** Places whose key was forgotten. */
  const free: number[] = [];
  let hand = 0;

  /**
   * Finds the context for a key that has none: a free one, or one whose owner has not used it since the last search passed it, or else a
   * new one. A key that has lost its context gets a free or new one. Thus the keys of idle sessions, which encrypt nothing after the
   * handshake, share a few.
   */
  const findPlace = (inputs: GcmInputs, direction: number): number => {
    const freePlace = free.pop();
    if (freePlace !== undefined) return freePlace;
    const mayAdd = contexts.length < MAX_CONTEXTS;
    const hasLost = mayAdd && inputs.place >= 0;
    for (let step = 0; !hasLost && step < MAX_SEARCH_STEPS && step < contexts.length; step++) {
      const place = hand;
      const context = contexts[place];
      hand = (place + 1) % contexts.length;
      if (!context.isUsed) return place;
      context.isUsed = false;
    }
    if (!mayAdd) return hand;
    return contexts.push({ at: allocator.create(contexts), owner: undefined, direction, isUsed: false }) - 1;
  };
  const expand = (context: Context, key: Uint8Array, direction: number): boolean => {
    memory.set(key, KEY_AT);
    const isReady = EVP_CipherInit_ex(context.at, algorithm, NULL, keyAt, NULL, direction) === 1;
    memory.fill(0, KEY_AT, KEY_AT + KEY_LENGTH);
    return isReady;
  };
  const take = (inputs: GcmInputs, direction: number): Context | undefined => {
    const place = findPlace(inputs, direction);
    const context = contexts[place];
    if (context.at === NULL) return undefined;
    context.owner = undefined;
    if (!expand(context, inputs.key, direction)) return undefined;
    context.owner = inputs;
    context.direction = direction;
    context.isUsed = false;
    inputs.place = place;
    return context;
  };
  /**
   * Encrypts or decrypts the record at `recordAt`.
   *
   * @param length with explicit nonce and tag
   * @param countedLength the length in the associated data
   */
  const run = (inputs: GcmInputs, direction: number, recordAt: bigint, length: number, countedLength: number): boolean => {
    const { key, nonce, associatedData, place } = inputs;
    if (key.length !== KEY_LENGTH || nonce.length !== NONCE_LENGTH || associatedData.length !== ASSOCIATED_DATA_LENGTH) return false;
    const known = place < 0 ? undefined : contexts[place];
    const isOwn = known?.owner === inputs && known.direction === direction;
    const context = isOwn ? known : take(inputs, direction);
    if (context === undefined) return false;
    if (isOwn) context.isUsed = true;
    memory.set(nonce, NONCE_AT);
    memory.set(associatedData, ASSOCIATED_DATA_AT);
    // OpenSSL expects the length in the associated data to include the overhead, and subtracts it.
    memory[ASSOCIATED_DATA_AT + ASSOCIATED_DATA_LENGTH - 2] = countedLength >> 8;
    memory[ASSOCIATED_DATA_AT + ASSOCIATED_DATA_LENGTH - 1] = countedLength & 0xff;
    if (EVP_CIPHER_CTX_set_params(context.at, parametersAt) !== 1) return false;
    return EVP_Cipher(context.at, recordAt, recordAt, length) >= 0;
  };

  return {
    seal(inputs, plain, out, offset) {
      const { length } = plain;
      if (length > MAX_GCM_LENGTH) return false;
      memory.set(plain, SEALED_AT + EXPLICIT_NONCE_LENGTH);
      if (!run(inputs, ENCRYPT, sealedAt, length + OVERHEAD_LENGTH, length + EXPLICIT_NONCE_LENGTH)) return false;
      const textAt = SEALED_AT + EXPLICIT_NONCE_LENGTH;
      out.set(memory.subarray(textAt, textAt + length + TAG_LENGTH), offset);
      return true;
    },
    open(inputs, sealed) {
      const length = sealed.length - OVERHEAD_LENGTH;
      if (length < 0 || length > MAX_GCM_LENGTH) return undefined;
      memory.set(sealed, OPENED_AT);
      if (!run(inputs, DECRYPT, openedAt, sealed.length, sealed.length)) return undefined;
      const textAt = OPENED_AT + EXPLICIT_NONCE_LENGTH;
      return memory.subarray(textAt, textAt + length);
    },
    forget(inputs) {
      const { place } = inputs;
      const context = place < 0 ? undefined : contexts[place];
      inputs.place = -1;
      if (context?.owner !== inputs) return;
      expand(context, NO_KEY, context.direction);
      context.owner = undefined;
      context.isUsed = false;
      free.push(place);
    },
    census: () => ({ contexts: contexts.length, keys: contexts.filter(({ owner }) => owner !== undefined).length }),
  };
}

/**
 * Writes the parameters that every `EVP_CIPHER_CTX_set_params` passes: the addresses of nonce and associated data. The zero after them ends
 * the list.
 */
function writeParameters(memory: Uint8Array, at: (offset: number) => bigint): void {
  const view = new DataView(memory.buffer);
  const names = [NONCE_NAME, ASSOCIATED_DATA_NAME];
  memory.set(Buffer.from(names.join('')), NAMES_AT);
  const write = (index: number, nameAt: number, dataAt: number, size: bigint): void => {
    const start = PARAMETERS_AT + index * PARAMETER_LENGTH;
    view.setBigUint64(start, at(nameAt), true);
    view.setUint32(start + 8, OCTET_STRING, true);
    view.setBigUint64(start + 16, at(dataAt), true);
    view.setBigUint64(start + 24, size, true);
  };
  write(0, NAMES_AT, NONCE_AT, WHOLE_NONCE);
  write(1, NAMES_AT + NONCE_NAME.length, ASSOCIATED_DATA_AT, BigInt(ASSOCIATED_DATA_LENGTH));
}

/** Checks that OpenSSL's results are the same as those of `node:crypto`. */
function agreesWithNode(gcm: OpensslGcm): boolean {
  const bytes = (length: number, seed: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index * 7 + seed);
  const plain = bytes(100, 4);
  const associatedData = bytes(ASSOCIATED_DATA_LENGTH, 3);
  associatedData.set([0, plain.length], ASSOCIATED_DATA_LENGTH - 2);
  const inputs = { key: bytes(KEY_LENGTH, 1), nonce: bytes(NONCE_LENGTH, 2), associatedData, place: -1 };
  const cipher = createCipheriv('aes-128-gcm', inputs.key, inputs.nonce).setAAD(associatedData);
  const wanted = Buffer.concat([inputs.nonce.subarray(-EXPLICIT_NONCE_LENGTH), cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  const sealed = Buffer.from(wanted);
  sealed.fill(0, EXPLICIT_NONCE_LENGTH);
  // The second time, the context already has the key.
  for (let time = 0; time < 2; time++) if (!gcm.seal(inputs, plain, sealed, EXPLICIT_NONCE_LENGTH) || !sealed.equals(wanted)) return false;
  const reading = { ...inputs, place: -1 };
  const opened = gcm.open(reading, sealed);
  if (opened === undefined || !Buffer.from(opened).equals(plain)) return false;
  sealed[EXPLICIT_NONCE_LENGTH] ^= 1;
  const isRefused = gcm.open(reading, sealed) === undefined;
  for (const each of [inputs, reading]) gcm.forget(each);
  return isRefused;
}
