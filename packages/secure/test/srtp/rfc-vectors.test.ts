import { CounterModeKey } from '../../src/srtp/counter-mode-key.ts';
import { GcmKey } from '../../src/srtp/session-cipher.ts';
import { deriveSessionKeys } from '../../src/srtp/srtp-keys.ts';
import { SrtpMemory } from '../../src/srtp/srtp-memory.ts';
import { WAYS } from './packets.ts';

function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s/g, ''), 'hex');
}

test('session keys are those of RFC 3711 appendix B.3', () => {
  const master = { key: hex('E1F97A0D3E018BE0D64FA32C06DE4139'), salt: hex('0EC675AD498AFEEBB6960B3AABE6') };

  const keys = deriveSessionKeys('AES_CM_128_HMAC_SHA1_80', master, 'srtp');

  expect(keys.encryptionKey).toEqual(hex('C61E7A93744F39EE10734AFE3FF7A087'));
  expect(keys.salt).toEqual(hex('30CBBC08863D8C85D49DB34A9AE1'));
  expect(keys.authenticationKey).toEqual(hex('CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4'));
});

test.each(WAYS.slice(0, 2))('by $by the keystream is that of RFC 3711 appendix B.2', async ({ openssl }) => {
  const memory = await SrtpMemory.create({ arenaSlots: 1, keystreamPages: 1, openssl });
  const key = new CounterModeKey(memory, hex('2B7E151628AED2A6ABF7158809CF4F3C'), hex('F0F1F2F3F4F5F6F7F8F9FAFBFCFD'));

  key.generate(memory.single, 0, 0, 1, 48);
  const keystream = Buffer.from(memory.bytes.slice(memory.single.at, memory.single.at + 48));

  expect(keystream).toEqual(hex('E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0'));
});

describe('AEAD_AES_128_GCM', () => {
  const gcm = new GcmKey(hex('000102030405060708090a0b0c0d0e0f'), hex('517569642070726f2071756f'));

  test('seals RTP as in RFC 7714 §16.1.1', () => {
    const header = hex('8040f17b 8041f8d3 5501a0b2');
    const text = Buffer.from('Gallia est omnis divisa in partes tres', 'latin1');
    const tag = Buffer.alloc(16);

    gcm.seal(0x5501a0b2, 0xf17b, header, text, tag);

    expect(text).toEqual(hex('f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833'));
    expect(tag).toEqual(hex('899d7f27 beb16a91 52cf765e e4390cce'));
  });

  test('seals RTCP as in RFC 7714 §17.1', () => {
    const associated = hex('81c8000d 4d617273 800005d4');
    const text = hex('4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef');
    const tag = Buffer.alloc(16);

    gcm.seal(0x4d617273, 0x5d4, associated, text, tag);

    expect(text).toEqual(hex('63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b'));
    expect(tag).toEqual(hex('c84aa458 96cf4d2f c5abf872 45d9eade'));
  });
});
