/** Builders of packets and keys for the SRTP tests. */
import { createHash } from 'node:crypto';
import type { SrtpProfile } from '@causeway/media';
import { type BindEcb, loadOpensslEcb } from '../../src/srtp/openssl-ecb.ts';
import { SALT_LENGTH, type SrtpKeyingMaterial } from '../../src/srtp/srtp-keys.ts';

export const PROFILES: readonly SrtpProfile[] = ['AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_128_GCM'];

/** Each profile, and counter mode with each way to call OpenSSL. */
export const WAYS: readonly { readonly profile: SrtpProfile; readonly by: string; readonly openssl: BindEcb | 'missing' }[] = [
  { profile: 'AES_CM_128_HMAC_SHA1_80', by: "OpenSSL's own calls", openssl: openssl() },
  { profile: 'AES_CM_128_HMAC_SHA1_80', by: 'node:crypto', openssl: 'missing' },
  { profile: 'AEAD_AES_128_GCM', by: 'node:crypto', openssl: 'missing' },
];

function openssl(): BindEcb {
  const loaded = loadOpensslEcb();
  if (loaded === undefined) throw new Error('the Node that runs the tests has FFI');
  return loaded;
}

/** Deterministic bytes that differ by label. */
export function bytesOf(label: string, length: number): Buffer {
  return createHash('shake128', { outputLength: length }).update(label).digest();
}

export interface RtpFields {
  readonly ssrc: number;
  readonly seq: number;
  readonly payload: Buffer;
  readonly csrcs?: number;
  readonly extensionWords?: number | undefined;
}

export interface BuiltRtp {
  readonly packet: Buffer;
  readonly headerLength: number;
}

export function buildRtp(fields: RtpFields): BuiltRtp {
  const csrcs = fields.csrcs ?? 0;
  const words = fields.extensionWords;
  const headerLength = 12 + csrcs * 4 + (words === undefined ? 0 : 4 + words * 4);
  const header = Buffer.alloc(headerLength, 0x5a);
  header[0] = 0x80 | csrcs | (words === undefined ? 0 : 0x10);
  header[1] = 96;
  header.writeUInt16BE(fields.seq & 0xffff, 2);
  header.writeUInt32BE((fields.seq * 3_000) % 2 ** 32, 4);
  header.writeUInt32BE(fields.ssrc, 8);
  if (words !== undefined) header.writeUInt16BE(words, 12 + csrcs * 4 + 2);
  return { packet: Buffer.concat([header, fields.payload]), headerLength };
}

/** A receiver report, padded out with an application packet's bytes: SRTCP does not look inside. */
export function buildRtcp(ssrc: number, body: Buffer): Buffer {
  const header = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 0]);
  header.writeUInt32BE(ssrc, 4);
  return Buffer.concat([header, body]);
}

/** The two ends of one association. */
export function keysOf(profile: SrtpProfile, label: string): { near: SrtpKeyingMaterial; far: SrtpKeyingMaterial } {
  const local = { key: bytesOf(`${label} near key`, 16), salt: bytesOf(`${label} near salt`, SALT_LENGTH[profile]) };
  const remote = { key: bytesOf(`${label} far key`, 16), salt: bytesOf(`${label} far salt`, SALT_LENGTH[profile]) };
  return { near: { profile, local, remote }, far: { profile, local: remote, remote: local } };
}
