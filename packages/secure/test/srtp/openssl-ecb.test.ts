import { createCipheriv } from 'node:crypto';
import { type BindEcb, type EcbKey, type EcbWriter, loadOpensslEcb, OpensslEcb } from '../../src/srtp/openssl-ecb.ts';
import { SrtpSuite } from '../../src/srtp/srtp-suite.ts';
import { Flush } from './flush.ts';
import { buildRtp, bytesOf, keysOf } from './packets.ts';
import { referenceProtectRtp } from './reference-srtp.ts';

const KEY_AT = 0;
const BLOCKS_AT = 16;
const LENGTH = 160;
const ONE_KEY: EcbKey = [1, -1, 0x7fff_ffff, -0x8000_0000];
const OTHER_KEY: EcbKey = [0, 0, 0, 9];

let memory: Uint8Array;
let ecb: OpensslEcb;

beforeEach(() => {
  const bind = loadOpensslEcb();
  if (bind === undefined) throw new Error('the Node that runs the tests has FFI');
  memory = new Uint8Array(4_096);
  memory.set(bytesOf('blocks', LENGTH), BLOCKS_AT);
  ecb = bind({ memory, keyAt: KEY_AT, blocksAt: BLOCKS_AT });
});

function written(writer: EcbWriter, toAt: number, key: EcbKey): Buffer {
  memory.fill(0, toAt, toAt + LENGTH);
  expect(writer.write(key, LENGTH)).toBe(true);
  return Buffer.from(memory.slice(toAt, toAt + LENGTH));
}

function expected(key: EcbKey): Buffer {
  const cipher = createCipheriv('aes-128-ecb', Buffer.from(Int32Array.from(key).buffer), null).setAutoPadding(false);
  return cipher.update(bytesOf('blocks', LENGTH));
}

test('each writer keeps its own key and place', () => {
  const [one, other] = [ecb.createWriter(1_024), ecb.createWriter(2_048)];

  for (let time = 0; time < 3; time++) {
    expect(written(one, 1_024, ONE_KEY)).toEqual(expected(ONE_KEY));
    expect(written(other, 2_048, OTHER_KEY)).toEqual(expected(OTHER_KEY));
  }
});

test('a writer takes another key, also after it was told to forget the first', () => {
  const writer = ecb.createWriter(1_024);

  expect(written(writer, 1_024, ONE_KEY)).toEqual(expected(ONE_KEY));
  expect(written(writer, 1_024, OTHER_KEY)).toEqual(expected(OTHER_KEY));
  writer.forget();
  expect(written(writer, 1_024, OTHER_KEY)).toEqual(expected(OTHER_KEY));
  expect(written(writer, 1_024, ONE_KEY)).toEqual(expected(ONE_KEY));
});

test('nothing but the place is written, and no key stays in the memory', () => {
  const before = memory.slice();

  ecb.createWriter(1_024).write(ONE_KEY, LENGTH);

  memory.fill(0, 1_024, 1_024 + LENGTH);
  expect(Buffer.from(memory)).toEqual(Buffer.from(before));
});

test.each(['EVP_CIPHER_CTX_new', 'EVP_EncryptInit_ex', 'EVP_Cipher'])('packets are right when %s fails', async (failing) => {
  const suite = await SrtpSuite.create({ arenaSlots: 16, keystreamPages: 2, openssl: bindFailing(failing) });
  const transform = suite.createTransform();
  const { near } = keysOf('AES_CM_128_HMAC_SHA1_80', 'failing');
  transform.setKeys(near);

  for (let seq = 0; seq < 20; seq++) {
    const { packet, headerLength } = buildRtp({ ssrc: 5, seq, payload: bytesOf(`failing ${seq}`, 500) });
    const [sent] = new Flush(suite).rtp(transform.outbound.open(5), packet, headerLength, seq).protect();
    expect(sent).toEqual(referenceProtectRtp('AES_CM_128_HMAC_SHA1_80', near.local, packet, headerLength, seq));
  }
});

/** A library of which one function always fails, and the others do nothing. */
function bindFailing(failing: string): BindEcb {
  const succeed = {
    contexts: { create: () => (failing === 'EVP_CIPHER_CTX_new' ? 0n : 1n) },
    EVP_EncryptInit_ex: () => 1,
    EVP_Cipher: (_: bigint, __: bigint, ___: bigint, n: number) => n,
  };
  const library = { ...succeed, algorithm: 1n, [failing]: () => 0 };
  const ffi = { getRawPointer: () => 0n, getUint8: () => 0xc5 };
  return (source) => new OpensslEcb(ffi as never, library as never, source);
}
