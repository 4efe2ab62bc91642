/**
 * AES-128-GCM by calls into the OpenSSL that Node itself uses, through `node:ffi`. For each record, `node:crypto`
 * creates objects of V8 and of OpenSSL, which costs more than twice as much as the encryption; here one context serves
 * all records of a thread.
 *
 * OpenSSL is only given addresses within one array, which never moves, at places that are constants; lengths are checked before. Where it
 * is missing, `node:crypto` does the same.
 *
 * @see https://docs.openssl.org/3.5/man3/EVP_EncryptInit/, docs/adr/0032-records-by-calls-into-openssl.md
 */
import { createCipheriv } from 'node:crypto';
import { bindByFfi } from '../node-ffi.ts';

const KEY_LENGTH = 16;
const NONCE_LENGTH = 12;
const ASSOCIATED_DATA_LENGTH = 13;
const TAG_LENGTH = 16;
/** More than any path carries in a datagram. */
export const MAX_GCM_LENGTH = 2_048;

/** Where things lie in the array. */
const NONCE_AT = 16;
const ASSOCIATED_DATA_AT = 32;
const TAG_AT = 48;
/** Where OpenSSL says how much it has written. */
const LENGTH_AT = 64;
const INPUT_AT = 128;
/** Kept apart, because code that reads an opened record may seal another one before it is done. */
const SEALED_AT = INPUT_AT + MAX_GCM_LENGTH;
const OPENED_AT = SEALED_AT + MAX_GCM_LENGTH;
const MEMORY_LENGTH = OPENED_AT + MAX_GCM_LENGTH;

const ENCRYPT = 1;
const DECRYPT = 0;
/** `EVP_CTRL_AEAD_GET_TAG`, `EVP_CTRL_AEAD_SET_TAG`. */
const GET_TAG = 0x10;
const SET_TAG = 0x11;
const NULL = 0n;
const SIGN = 0xc5;

const SIGNATURES = {
  EVP_CIPHER_CTX_new: { return: 'u64', arguments: [] },
  EVP_aes_128_gcm: { return: 'u64', arguments: [] },
  EVP_CipherInit_ex: { return: 'i32', arguments: ['u64', 'u64', 'u64', 'u64', 'u64', 'i32'] },
  EVP_CipherUpdate: { return: 'i32', arguments: ['u64', 'u64', 'u64', 'u64', 'i32'] },
  EVP_CipherFinal_ex: { return: 'i32', arguments: ['u64', 'u64', 'u64'] },
  EVP_CIPHER_CTX_ctrl: { return: 'i32', arguments: ['u64', 'i32', 'i32', 'u64'] },
} as const;

/** The inputs of a record besides its plain text: 16, 12 and 13 bytes. */
export interface GcmInputs {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly associatedData: Uint8Array;
}

/** Encrypts and decrypts records of up to `MAX_GCM_LENGTH` bytes. */
export interface OpensslGcm {
  /** Writes the encrypted bytes and the tag behind them to `out`. @returns false if OpenSSL refuses; nothing is written then */
  seal(inputs: GcmInputs, plain: Uint8Array, out: Uint8Array, offset: number): boolean;
  /** @param sealed with its tag @returns the plain bytes, which the next call overwrites; undefined if they are not authentic */
  open(inputs: GcmInputs, sealed: Uint8Array): Uint8Array | undefined;
}

/** @returns undefined where it cannot be had, or does not do what `node:crypto` does */
export function loadOpensslGcm(): OpensslGcm | undefined {
  return bindByFfi((ffi) => {
    const gcm = bindOpensslGcm(ffi);
    return gcm !== undefined && agreesWithNode(gcm) ? gcm : undefined;
  });
}

function bindOpensslGcm(ffi: typeof import('node:ffi')): OpensslGcm | undefined {
  // Kept whole: what becomes of its functions when the library is collected is not said.
  const library = ffi.dlopen(null, SIGNATURES);
  const memory = new Uint8Array(new ArrayBuffer(MEMORY_LENGTH));
  const baseAt = ffi.getRawPointer(memory);
  // If a later Node took it for the address of something else, OpenSSL would read and write other memory.
  memory[0] = SIGN;
  if (ffi.getUint8(baseAt) !== SIGN) return undefined;
  const at = (offset: number): bigint => baseAt + BigInt(offset);
  const [keyAt, nonceAt, associatedDataAt, tagAt] = [at(0), at(NONCE_AT), at(ASSOCIATED_DATA_AT), at(TAG_AT)];
  const [lengthAt, inputAt, sealedAt, openedAt] = [at(LENGTH_AT), at(INPUT_AT), at(SEALED_AT), at(OPENED_AT)];
  const context = library.functions.EVP_CIPHER_CTX_new();
  if (context === NULL) return undefined;
  const isReady = library.functions.EVP_CipherInit_ex(context, library.functions.EVP_aes_128_gcm(), NULL, keyAt, nonceAt, ENCRYPT) === 1;
  if (!isReady) return undefined;

  const begin = ({ key, nonce, associatedData }: GcmInputs, direction: number): boolean => {
    if (key.length !== KEY_LENGTH || nonce.length !== NONCE_LENGTH || associatedData.length !== ASSOCIATED_DATA_LENGTH) return false;
    memory.set(key, 0);
    memory.set(nonce, NONCE_AT);
    memory.set(associatedData, ASSOCIATED_DATA_AT);
    return (
      library.functions.EVP_CipherInit_ex(context, NULL, NULL, keyAt, nonceAt, direction) === 1 &&
      library.functions.EVP_CipherUpdate(context, NULL, lengthAt, associatedDataAt, ASSOCIATED_DATA_LENGTH) === 1
    );
  };
  const run = (input: Uint8Array, outputAt: bigint): boolean => {
    memory.set(input, INPUT_AT);
    return input.length === 0 || library.functions.EVP_CipherUpdate(context, outputAt, lengthAt, inputAt, input.length) === 1;
  };
  // It writes nothing more: GCM has no last block.
  const end = (outputAt: bigint): boolean => library.functions.EVP_CipherFinal_ex(context, outputAt, lengthAt) === 1;
  const passTag = (order: number): boolean => library.functions.EVP_CIPHER_CTX_ctrl(context, order, TAG_LENGTH, tagAt) === 1;

  return {
    seal(inputs, plain, out, offset) {
      const { length } = plain;
      if (length > MAX_GCM_LENGTH || !begin(inputs, ENCRYPT) || !run(plain, sealedAt) || !end(sealedAt) || !passTag(GET_TAG)) return false;
      out.set(memory.subarray(SEALED_AT, SEALED_AT + length), offset);
      out.set(memory.subarray(TAG_AT, TAG_AT + TAG_LENGTH), offset + length);
      return true;
    },
    open(inputs, sealed) {
      const length = sealed.length - TAG_LENGTH;
      if (length < 0 || length > MAX_GCM_LENGTH) return undefined;
      memory.set(sealed.subarray(length), TAG_AT);
      if (!begin(inputs, DECRYPT) || !run(sealed.subarray(0, length), openedAt) || !passTag(SET_TAG) || !end(openedAt)) return undefined;
      return memory.subarray(OPENED_AT, OPENED_AT + length);
    },
  };
}

/** Nothing is sent that `node:crypto` would not have made of the same. */
function agreesWithNode(gcm: OpensslGcm): boolean {
  const bytes = (length: number, seed: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index * 7 + seed);
  const inputs = { key: bytes(KEY_LENGTH, 1), nonce: bytes(NONCE_LENGTH, 2), associatedData: bytes(ASSOCIATED_DATA_LENGTH, 3) };
  const plain = bytes(100, 4);
  const cipher = createCipheriv('aes-128-gcm', inputs.key, inputs.nonce).setAAD(inputs.associatedData);
  const wanted = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  const sealed = Buffer.alloc(plain.length + TAG_LENGTH);
  if (!gcm.seal(inputs, plain, sealed, 0) || !sealed.equals(wanted)) return false;
  const opened = gcm.open(inputs, sealed);
  if (opened === undefined || !Buffer.from(opened).equals(plain)) return false;
  sealed[0] = (sealed[0] ?? 0) ^ 1;
  return gcm.open(inputs, sealed) === undefined;
}
