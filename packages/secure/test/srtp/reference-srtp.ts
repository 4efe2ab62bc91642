/**
 * SRTP and SRTCP written straight from the RFCs with one cipher object per packet: slow, short, and independent of the code
 * under test.
 */
import { createCipheriv, createHmac } from 'node:crypto';
import type { SrtpProfile } from '@causeway/media';

export interface ReferenceMaster {
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
}

/** RFC 3711 §4.3.1: AES-CM over the salt with the label mixed in. */
export function referenceDerive(master: ReferenceMaster, label: number, length: number): Buffer {
  const x = Buffer.alloc(16);
  Buffer.from(master.salt).copy(x);
  x[7] ^= label;
  return createCipheriv('aes-128-ctr', master.key, x).update(Buffer.alloc(length));
}

export function referenceProtectRtp(
  profile: SrtpProfile,
  master: ReferenceMaster,
  packet: Buffer,
  headerLength: number,
  index: number,
): Buffer {
  const header = packet.subarray(0, headerLength);
  const payload = packet.subarray(headerLength);
  const ssrc = packet.subarray(8, 12);
  const key = referenceDerive(master, 0, 16);
  const index48 = Buffer.alloc(6);
  index48.writeUIntBE(index, 0, 6);
  if (profile === 'AEAD_AES_128_GCM') {
    const nonce = xor(referenceDerive(master, 2, 12), Buffer.concat([Buffer.alloc(2), ssrc, index48]));
    const cipher = createCipheriv('aes-128-gcm', key, nonce).setAAD(header);
    return Buffer.concat([header, cipher.update(payload), cipher.final(), cipher.getAuthTag()]);
  }
  const iv = xor(pad16(referenceDerive(master, 2, 14)), pad16(Buffer.concat([Buffer.alloc(4), ssrc, index48])));
  const encrypted = Buffer.concat([header, createCipheriv('aes-128-ctr', key, iv).update(payload)]);
  const tag = createHmac('sha1', referenceDerive(master, 1, 20))
    .update(encrypted)
    .update(index48.subarray(0, 4))
    .digest();
  return Buffer.concat([encrypted, tag.subarray(0, 10)]);
}

export function referenceProtectRtcp(profile: SrtpProfile, master: ReferenceMaster, packet: Buffer, index: number): Buffer {
  const header = packet.subarray(0, 8);
  const text = packet.subarray(8);
  const ssrc = packet.subarray(4, 8);
  const key = referenceDerive(master, 3, 16);
  const word = Buffer.alloc(4);
  word.writeUInt32BE(2 ** 31 + index);
  const index32 = Buffer.alloc(4);
  index32.writeUInt32BE(index);
  if (profile === 'AEAD_AES_128_GCM') {
    const nonce = xor(referenceDerive(master, 5, 12), Buffer.concat([Buffer.alloc(2), ssrc, Buffer.alloc(2), index32]));
    const cipher = createCipheriv('aes-128-gcm', key, nonce).setAAD(Buffer.concat([header, word]));
    return Buffer.concat([header, cipher.update(text), cipher.final(), cipher.getAuthTag(), word]);
  }
  const iv = xor(pad16(referenceDerive(master, 5, 14)), pad16(Buffer.concat([Buffer.alloc(4), ssrc, Buffer.alloc(2), index32])));
  const encrypted = Buffer.concat([header, createCipheriv('aes-128-ctr', key, iv).update(text), word]);
  const tag = createHmac('sha1', referenceDerive(master, 4, 20))
    .update(encrypted)
    .digest();
  return Buffer.concat([encrypted, tag.subarray(0, 10)]);
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, i) => byte ^ b[i]));
}

function pad16(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(16 - bytes.length)]);
}
