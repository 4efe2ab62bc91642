import { createHmac } from 'node:crypto';
import { createHmacSha1 } from '../../src/srtp/authentication.ts';
import { SrtpMemory } from '../../src/srtp/srtp-memory.ts';

let memory: SrtpMemory;

beforeAll(async () => {
  memory = await SrtpMemory.create({ arenaSlots: 1, keystreamPages: 1 });
});

test('the digests are those of RFC 2202 §3', () => {
  const hmacSha1 = createHmacSha1(memory);
  const hexOf = (key: Uint8Array, data: Uint8Array): string => Buffer.from(hmacSha1(key, data)).toString('hex');

  expect(hexOf(Buffer.alloc(20, 0x0b), Buffer.from('Hi There'))).toBe('b617318655057264e28bc0b6fb378c8ef146be00');
  expect(hexOf(Buffer.from('Jefe'), Buffer.from('what do ya want for nothing?'))).toBe('effcdf6ae5eb2fa2d27416d5f184df9c259a7c79');
  expect(hexOf(Buffer.alloc(80, 0xaa), Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First'))).toBe(
    'aa4ae5e15272d00e95705637ce8a3b55ed402112',
  );
});

test('they are those of node:crypto for every length around the ends of blocks, and for views into other memory', () => {
  const hmacSha1 = createHmacSha1(memory);
  const material = Uint8Array.from({ length: 700 }, (_, index) => (index * 31 + 7) & 0xff);
  const differing: [keyLength: number, dataLength: number][] = [];

  for (const keyLength of [0, 1, 20, 24, 63, 64, 65, 128, 256]) {
    for (let dataLength = 0; dataLength <= 260; dataLength++) {
      const [key, data] = [material.subarray(3, 3 + keyLength), material.subarray(300, 300 + dataLength)];
      const expected = createHmac('sha1', key).update(data).digest();
      if (!expected.equals(hmacSha1(key, data))) differing.push([keyLength, dataLength]);
    }
  }

  expect(differing).toEqual([]);
});

test('a digest stays as it is, and the memory keeps neither the padded key nor the message', () => {
  const hmacSha1 = createHmacSha1(memory);
  const [key, data] = [Buffer.from('a password of ICE'), Buffer.from('a message with an end beyond the length of a digest')];

  const first = hmacSha1(key, data);
  const copy = Uint8Array.from(first);
  const left = Buffer.from(memory.bytes);
  hmacSha1(Buffer.from('other'), Buffer.from('other'));

  expect(first).toEqual(copy);
  expect(left.includes(data.subarray(24, 40))).toBe(false);
  for (const pad of [0x36, 0x5c]) expect(left.includes(key.map((byte) => byte ^ pad))).toBe(false);
});
