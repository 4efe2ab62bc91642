/** The messages that carry certificates, public keys and signatures. @see RFC 5246 §7.4, RFC 8422 §5.4, §5.7 */
import { ClientCertificateType, CURVE_TYPE_NAMED, GROUP_SECP256R1 } from './dtls-numbers.ts';
import { ACCEPTED_SIGNATURE_SCHEMES } from './peer-certificate.ts';
import { TlsReader, uint8, uint16, vector8, vector16, vector24 } from './tls-fields.ts';

export interface Signature {
  readonly scheme: number;
  readonly bytes: Buffer;
}

export interface ServerKeyExchange {
  /** Curve and public key as they are in the message, which the signature covers. */
  readonly parameters: Buffer;
  readonly publicKey: Buffer;
  readonly signature: Signature;
}

/** Length of an uncompressed point on P-256: the byte 4, then x and y. */
const PUBLIC_KEY_LENGTH = 65;
const UNCOMPRESSED_POINT = 4;

/** @returns the peer's own certificate, which comes first; undefined if there is none */
export function parseCertificate(body: Buffer): Buffer | undefined {
  const reader = new TlsReader(body);
  const chain = new TlsReader(reader.vector24());
  const certificate = chain.vector24();
  return reader.isComplete && chain.isIntact && certificate.length > 0 ? certificate : undefined;
}

export function writeCertificate(der: Uint8Array): Buffer {
  return vector24(vector24(der));
}

export function parseServerKeyExchange(body: Buffer): ServerKeyExchange | undefined {
  const reader = new TlsReader(body);
  const curveType = reader.uint8();
  const group = reader.uint16();
  const publicKey = reader.vector8();
  const signature = readSignature(reader);
  if (!reader.isComplete || curveType !== CURVE_TYPE_NAMED || group !== GROUP_SECP256R1 || !isPoint(publicKey)) return undefined;
  return { parameters: keyParameters(publicKey), publicKey, signature };
}

export function writeServerKeyExchange(parameters: Uint8Array, signature: Signature): Buffer {
  return Buffer.concat([parameters, writeSignature(signature)]);
}

/** ServerECDHParams. */
export function keyParameters(publicKey: Uint8Array): Buffer {
  return Buffer.concat([uint8(CURVE_TYPE_NAMED), uint16(GROUP_SECP256R1), vector8(publicKey)]);
}

export function writeCertificateRequest(): Buffer {
  return Buffer.concat([
    vector8(uint8(ClientCertificateType.ecdsaSign), uint8(ClientCertificateType.rsaSign)),
    vector16(uint16(...ACCEPTED_SIGNATURE_SCHEMES)),
    vector16(),
  ]);
}

/** @returns the signature schemes that the server accepts; undefined if the message is malformed */
export function parseCertificateRequest(body: Buffer): number[] | undefined {
  const reader = new TlsReader(body);
  reader.vector8(); // certificate types: the schemes are more precise
  const schemes = reader.uint16List();
  reader.vector16(); // authorities: certificates are self-signed
  return reader.isComplete ? schemes : undefined;
}

/** @returns the client's public key; undefined if the message is malformed */
export function parseClientKeyExchange(body: Buffer): Buffer | undefined {
  const reader = new TlsReader(body);
  const publicKey = reader.vector8();
  return reader.isComplete && isPoint(publicKey) ? publicKey : undefined;
}

export function writeClientKeyExchange(publicKey: Uint8Array): Buffer {
  return vector8(publicKey);
}

export function parseCertificateVerify(body: Buffer): Signature | undefined {
  const reader = new TlsReader(body);
  const signature = readSignature(reader);
  return reader.isComplete ? signature : undefined;
}

export function writeSignature({ scheme, bytes }: Signature): Buffer {
  return Buffer.concat([uint16(scheme), vector16(bytes)]);
}

function readSignature(reader: TlsReader): Signature {
  return { scheme: reader.uint16(), bytes: reader.vector16() };
}

function isPoint(publicKey: Buffer): boolean {
  return publicKey.length === PUBLIC_KEY_LENGTH && publicKey[0] === UNCOMPRESSED_POINT;
}
