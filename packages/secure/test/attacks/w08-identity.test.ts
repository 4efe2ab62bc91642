import { createHash } from 'node:crypto';
import type { CertificateFingerprint } from '@causeway/media';
import { createCertificate, type LocalCertificate } from '../../src/dtls/certificate.ts';
import { type HostilePeer, StreamingNode, UNHARMED } from './streaming-node.ts';

function fingerprintOf(certificate: LocalCertificate, hash: string, algorithm: string): CertificateFingerprint {
  const hex = createHash(hash).update(certificate.der).digest('hex').toUpperCase();
  return { algorithm, value: (hex.match(/../g) ?? []).join(':') };
}

describe('W08: who a peer is', () => {
  let node: StreamingNode;
  let announced: LocalCertificate;
  let other: LocalCertificate;

  beforeEach(async () => {
    [node, announced, other] = await Promise.all([StreamingNode.create(), createCertificate(new Date()), createCertificate(new Date())]);
  });

  afterEach(() => node.close());

  async function refusalOf({ serverHears }: HostilePeer): Promise<string> {
    const reason = await serverHears.closed;
    expect(serverHears.profile).toBeUndefined();
    return reason;
  }

  test('a copied certificate without its key is refused', async () => {
    const copied = { ...announced, privateKey: other.privateKey };

    await expect(refusalOf(node.attach(copied, [announced.fingerprint]))).resolves.toBe('handshake-failed');
  });

  test('another certificate than the one announced is refused', async () => {
    await expect(refusalOf(node.attach(other, [announced.fingerprint]))).resolves.toBe('fingerprint-mismatch');
  });

  test('no certificate at all is refused', async () => {
    const empty = { ...announced, der: Buffer.alloc(0) };
    const peer = node.attach(empty, [announced.fingerprint]);
    // Nothing is believed and nothing ends: the peer may yet show one until its time is up.
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);

    expect(peer.serverHears.profile).toBeUndefined();
    expect(peer.server.inbound.unprotectRtp(new Uint8Array(100).fill(0x80))).toBeLessThan(0);
  });

  test('bytes that are no certificate are refused, even if their fingerprint was announced', async () => {
    const der = Buffer.from('this is no certificate');
    const nonsense = { ...announced, der };

    await expect(refusalOf(node.attach(nonsense, [fingerprintOf(nonsense, 'sha256', 'sha-256')]))).resolves.toBe('handshake-failed');
  });

  test.each([
    ['md5', 'md5'],
    ['sha1', 'sha-1'],
    ['sha224', 'sha-224'],
  ])('a fingerprint made with %s proves nothing', async (hash, algorithm) => {
    await expect(refusalOf(node.attach(announced, [fingerprintOf(announced, hash, algorithm)]))).resolves.toBe('fingerprint-mismatch');
  });

  test.each([
    ['sha256', 'sha-256'],
    ['sha384', 'SHA-384'],
    ['sha512', 'sha-512'],
  ])('a fingerprint made with %s proves it, even among others that do not', async (hash, algorithm) => {
    const { serverHears } = node.attach(announced, [other.fingerprint, fingerprintOf(announced, hash, algorithm)]);

    await expect(serverHears.connected).resolves.toBe('AES_CM_128_HMAC_SHA1_80');
  });

  test('without an expected fingerprint no peer is accepted', async () => {
    await expect(refusalOf(node.attach(announced, []))).resolves.toBe('fingerprint-mismatch');
  });

  test('two hundred impostors in a row cost a running stream no packet', async () => {
    const copied = { ...announced, privateKey: other.privateKey };
    for (let impostor = 0; impostor < 200; impostor++) {
      const peer = node.attach(copied, [announced.fingerprint]);
      node.stream(3);
      await refusalOf(peer);
    }

    expect(node.harm).toEqual(UNHARMED);
  });
});
