import { exportedKeysLength, MASTER_KEY_LENGTH, SALT_LENGTH, splitExportedKeys } from '../../src/srtp/srtp-keys.ts';
import { PROFILES } from './packets.ts';

describe.each(PROFILES)('the block that DTLS exports for %s', (profile) => {
  const saltLength = { AES_CM_128_HMAC_SHA1_80: 14, AEAD_AES_128_GCM: 12 }[profile];
  const exported = Uint8Array.from({ length: exportedKeysLength(profile) }, (_, index) => index);
  const [clientKey, serverKey, clientSalt, serverSalt] = [
    exported.slice(0, 16),
    exported.slice(16, 32),
    exported.slice(32, 32 + saltLength),
    exported.slice(32 + saltLength),
  ];

  test('has two keys of 128 bits, and two salts of the length that the profile has', () => {
    expect(exported).toHaveLength(2 * 16 + 2 * saltLength);
    expect([MASTER_KEY_LENGTH, SALT_LENGTH[profile]]).toEqual([16, saltLength]);
  });

  test('is cut in the order of RFC 5764 §4.2: client key, server key, client salt, server salt', () => {
    const client = { key: clientKey, salt: clientSalt };
    const server = { key: serverKey, salt: serverSalt };

    expect(splitExportedKeys(profile, exported, 'client')).toEqual({ profile, local: client, remote: server });
    expect(splitExportedKeys(profile, exported, 'server')).toEqual({ profile, local: server, remote: client });
  });
});
