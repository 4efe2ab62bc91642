/**
 * Derives the session keys that protect packets from the keys that DTLS exports.
 *
 * @see RFC 3711 §4.3 (derivation), RFC 5764 §4.2 (export), RFC 7714 §12 (AEAD)
 */
import { createCipheriv } from 'node:crypto';
import type { SrtpProfile } from '@causeway/media';

/** A node assigns SSRCs in ascending order and numbers all its RTCP together; a client may do anything. */
export type SrtpPeer = 'client' | 'link';

/** Master key and salt of one direction. */
export interface SrtpMasterKeys {
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
}

/** The keys of both directions, as seen from one end. */
export interface SrtpKeyingMaterial {
  readonly profile: SrtpProfile;
  readonly local: SrtpMasterKeys;
  readonly remote: SrtpMasterKeys;
}

/** Keys of one direction of one protocol (SRTP or SRTCP). */
export interface SrtpSessionKeys {
  readonly encryptionKey: Buffer;
  /** 20 bytes; empty with AEAD, which needs none. */
  readonly authenticationKey: Buffer;
  readonly salt: Buffer;
}

export const MASTER_KEY_LENGTH = 16;

/** Length of master salt and session salt. */
export const SALT_LENGTH: Readonly<Record<SrtpProfile, number>> = { AES_CM_128_HMAC_SHA1_80: 14, AEAD_AES_128_GCM: 12 };

const AUTHENTICATION_KEY_LENGTH: Readonly<Record<SrtpProfile, number>> = { AES_CM_128_HMAC_SHA1_80: 20, AEAD_AES_128_GCM: 0 };

/** The first of the three labels (encryption, authentication, salt) of each protocol. */
const FIRST_LABEL = { srtp: 0, srtcp: 3 } as const;

/** Derives the session keys. The key derivation rate is 0, so they are valid for the whole session. */
export function deriveSessionKeys(profile: SrtpProfile, master: SrtpMasterKeys, protocol: 'srtp' | 'srtcp'): SrtpSessionKeys {
  const label = FIRST_LABEL[protocol];
  return {
    encryptionKey: derive(master, label, MASTER_KEY_LENGTH),
    authenticationKey: derive(master, label + 1, AUTHENTICATION_KEY_LENGTH[profile]),
    salt: derive(master, label + 2, SALT_LENGTH[profile]),
  };
}

/**
 * Splits the block that DTLS exports under `EXTRACTOR-dtls_srtp`: client key, server key, client salt, server salt.
 *
 * @see RFC 5764 §4.2
 */
export function splitExportedKeys(profile: SrtpProfile, exported: Uint8Array, role: 'server' | 'client'): SrtpKeyingMaterial {
  const saltAt = 2 * MASTER_KEY_LENGTH;
  const saltLength = SALT_LENGTH[profile];
  const client = { key: exported.slice(0, MASTER_KEY_LENGTH), salt: exported.slice(saltAt, saltAt + saltLength) };
  const server = { key: exported.slice(MASTER_KEY_LENGTH, saltAt), salt: exported.slice(saltAt + saltLength, saltAt + 2 * saltLength) };
  return role === 'server' ? { profile, local: server, remote: client } : { profile, local: client, remote: server };
}

/** Length of the block that `splitExportedKeys` takes. */
export function exportedKeysLength(profile: SrtpProfile): number {
  return 2 * (MASTER_KEY_LENGTH + SALT_LENGTH[profile]);
}

function derive(master: SrtpMasterKeys, label: number, length: number): Buffer {
  // The salt, right-padded to 14 bytes for AEAD (RFC 7714 §11), followed by two bytes of block counter.
  const initialBlock = Buffer.alloc(16);
  initialBlock.set(master.salt);
  initialBlock[7] ^= label;
  return createCipheriv('aes-128-ctr', master.key, initialBlock).update(Buffer.alloc(length));
}
