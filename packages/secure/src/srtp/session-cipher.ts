/** The session keys of one direction of one protocol, ready for use. The rest of this folder calls this "a key". */
import type { SrtpProfile } from '@causeway/media';
import { type AuthenticationKey, createAuthenticationKey, HMAC_TAG_LENGTH } from './authentication.ts';
import { CounterModeKey } from './counter-mode-key.ts';
import { GCM_TAG_LENGTH, GcmKey } from './gcm-key.ts';
import { deriveSessionKeys, type SrtpMasterKeys } from './srtp-keys.ts';
import type { SrtpMemory } from './srtp-memory.ts';

export interface CounterModeCipher {
  readonly profile: 'AES_CM_128_HMAC_SHA1_80';
  readonly keystream: CounterModeKey;
  readonly authentication: AuthenticationKey;
}

export interface GcmCipher {
  readonly profile: 'AEAD_AES_128_GCM';
  readonly gcm: GcmKey;
}

export type SessionCipher = CounterModeCipher | GcmCipher;

export const TAG_LENGTH: Readonly<Record<SrtpProfile, number>> = {
  AES_CM_128_HMAC_SHA1_80: HMAC_TAG_LENGTH,
  AEAD_AES_128_GCM: GCM_TAG_LENGTH,
};

export function createSessionCipher(
  memory: SrtpMemory,
  profile: SrtpProfile,
  master: SrtpMasterKeys,
  protocol: 'srtp' | 'srtcp',
): SessionCipher {
  const keys = deriveSessionKeys(profile, master, protocol);
  if (profile === 'AEAD_AES_128_GCM') return { profile, gcm: new GcmKey(keys.encryptionKey, keys.salt) };
  return {
    profile,
    keystream: new CounterModeKey(memory, keys.encryptionKey, keys.salt),
    authentication: createAuthenticationKey(memory, keys.authenticationKey),
  };
}
