/**
 * The suite's certificate: self-signed, ECDSA on P-256, generated for every process and never stored. WebRTC trusts the
 * fingerprint in the SDP and nothing in the certificate, so it says as little as X.509 allows.
 *
 * @see RFC 8827 §6.5, RFC 5280 §4.1
 */
import { createHash, generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { CertificateFingerprint } from '@causeway/media';
import { derBitString, derContext0, derInteger, derObjectId, derSequence, derSet, derUtcTime, derUtf8String } from './der.ts';

/** What a node proves itself with. Crosses a thread boundary unchanged. */
export interface LocalCertificate {
  /** X.509 in DER. */
  readonly der: Uint8Array;
  readonly privateKey: KeyObject;
  /** SHA-256 of `der`. */
  readonly fingerprint: CertificateFingerprint;
}

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const X509_VERSION_3 = Buffer.of(2);
const SERIAL_NUMBER_BYTES = 8;
const DAY_MS = 24 * 3_600 * 1_000;
/** Peers' clocks may be behind ours. */
const VALID_BEFORE_DAYS = 1;
const VALID_AFTER_DAYS = 3_650;

/** @param now its validity is counted from here */
export async function createCertificate(now: Date): Promise<LocalCertificate> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const algorithm = derSequence(derObjectId(ECDSA_WITH_SHA256));
  const name = derSequence(derSet(derSequence(derObjectId(COMMON_NAME), derUtf8String('WebRTC'))));
  const toBeSigned = derSequence(
    derContext0(derInteger(X509_VERSION_3)),
    derInteger(randomBytes(SERIAL_NUMBER_BYTES)),
    algorithm,
    name,
    derSequence(
      derUtcTime(new Date(now.getTime() - VALID_BEFORE_DAYS * DAY_MS)),
      derUtcTime(new Date(now.getTime() + VALID_AFTER_DAYS * DAY_MS)),
    ),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const der = derSequence(toBeSigned, algorithm, derBitString(sign('sha256', toBeSigned, privateKey)));
  return { der, privateKey, fingerprint: { algorithm: 'sha-256', value: fingerprintValue('sha256', der) } };
}

/** Hash functions an SDP fingerprint may name, as node:crypto calls them. MD5 and SHA-1 are not among them. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['sha-256', 'sha256'],
  ['sha-384', 'sha384'],
  ['sha-512', 'sha512'],
]);

/**
 * Whether a certificate is the one announced: it matches a fingerprint of a hash we accept.
 *
 * @see RFC 8122 §5
 */
export function matchesFingerprint(certificate: Uint8Array, fingerprints: readonly CertificateFingerprint[]): boolean {
  return fingerprints.some(({ algorithm, value }) => {
    const hash = HASHES.get(algorithm.toLowerCase());
    return hash !== undefined && fingerprintValue(hash, certificate) === value.toUpperCase();
  });
}

function fingerprintValue(hash: string, der: Uint8Array): string {
  const hex = createHash(hash).update(der).digest('hex').toUpperCase();
  return (hex.match(/../g) ?? []).join(':');
}
