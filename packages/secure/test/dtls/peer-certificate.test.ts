import { constants, generateKeyPairSync, sign } from 'node:crypto';
import { SignatureScheme } from '../../src/dtls/dtls-numbers.ts';
import { ACCEPTED_SIGNATURE_SCHEMES, isSignedBy } from '../../src/dtls/peer-certificate.ts';

const DATA = Buffer.from('a transcript of a handshake');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

const pss = { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };

/** A signature in each accepted way, and the key that it was made with. */
const SIGNED = [
  { name: 'ECDSA', scheme: SignatureScheme.ecdsaSecp256r1Sha256, key: p256.publicKey, signature: sign('sha256', DATA, p256.privateKey) },
  { name: 'RSA-PSS', scheme: SignatureScheme.rsaPssRsaeSha256, key: rsa.publicKey, signature: sign('sha256', DATA, pss) },
  { name: 'RSA', scheme: SignatureScheme.rsaPkcs1Sha256, key: rsa.publicKey, signature: sign('sha256', DATA, rsa.privateKey) },
];

describe.each(SIGNED)('a signature made with $name', ({ scheme, key, signature }) => {
  test('is believed with the key and in the way it was made, and in no other', () => {
    const believed = ACCEPTED_SIGNATURE_SCHEMES.filter((accepted) => isSignedBy(key, accepted, DATA, signature));
    const otherKey = key === rsa.publicKey ? p256.publicKey : rsa.publicKey;

    expect(believed).toEqual([scheme]);
    expect(isSignedBy(otherKey, scheme, DATA, signature)).toBe(false);
    expect(isSignedBy(key, scheme, DATA.subarray(1), signature)).toBe(false);
    expect(isSignedBy(key, scheme, DATA, signature.subarray(1))).toBe(false);
  });
});

test('SHA-1 is no accepted way, whatever the key', () => {
  const rsaPkcs1Sha1 = 0x0201;

  expect(isSignedBy(rsa.publicKey, rsaPkcs1Sha1, DATA, sign('sha1', DATA, rsa.privateKey))).toBe(false);
});
