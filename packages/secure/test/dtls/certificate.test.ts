import { createHash, X509Certificate } from 'node:crypto';
import { createCertificate, matchesFingerprint } from '../../src/dtls/certificate.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const DAY_MS = 24 * 3_600_000;

test('other implementations can read our certificate: self-signed, valid from a day ago for ten years', async () => {
  const { der, privateKey } = await createCertificate(NOW);

  const certificate = new X509Certificate(der);

  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(privateKey)).toBe(true);
  expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
  expect(Date.parse(certificate.validFrom)).toBe(NOW.getTime() - DAY_MS);
  expect(Date.parse(certificate.validTo)).toBe(NOW.getTime() + 3_650 * DAY_MS);
});

test('two certificates have nothing in common but the form', async () => {
  const [one, other] = (await Promise.all([createCertificate(NOW), createCertificate(NOW)])).map(({ der }) => new X509Certificate(der));

  expect(one?.serialNumber).not.toBe(other?.serialNumber);
  expect(one?.fingerprint256).not.toBe(other?.fingerprint256);
});

describe('a fingerprint', () => {
  const certificate = Buffer.from('any bytes do');
  const fingerprintBy = (hash: string) =>
    createHash(hash)
      .update(certificate)
      .digest('hex')
      .replace(/..(?=.)/g, '$&:');

  test.each(['sha256', 'sha384', 'sha512'])('by %s is that of the certificate, in letters of either size', (hash) => {
    const algorithm = hash.replace('sha', 'sha-');
    const value = fingerprintBy(hash);

    expect(matchesFingerprint(certificate, [{ algorithm, value }])).toBe(true);
    expect(matchesFingerprint(certificate, [{ algorithm: algorithm.toUpperCase(), value: value.toUpperCase() }])).toBe(true);
    expect(matchesFingerprint(Buffer.from('other bytes'), [{ algorithm, value }])).toBe(false);
  });

  test('by a hash that can be forged proves nothing, and does not keep another from proving it', () => {
    const weak = ['md5', 'sha1'].map((hash) => ({ algorithm: hash.replace('sha', 'sha-'), value: fingerprintBy(hash) }));

    expect(matchesFingerprint(certificate, weak)).toBe(false);
    expect(matchesFingerprint(certificate, [...weak, { algorithm: 'sha-256', value: fingerprintBy('sha256') }])).toBe(true);
    expect(matchesFingerprint(certificate, [])).toBe(false);
  });
});
