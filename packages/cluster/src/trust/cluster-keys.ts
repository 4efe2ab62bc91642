/**
 * Everything that nodes prove to each other is derived from the one cluster key: a key for each purpose, so that a
 * signature made for one purpose is invalid for another.
 *
 * @see RFC 5869 (HKDF)
 */
import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** What an attacker has to guess; 256 bits in hex are 64 characters, in base64 43. */
export const MIN_CLUSTER_KEY_LENGTH = 32;

const HASH = 'sha256';
const KEY_SIZE_BYTES = 32;
/** Changes when what is derived changes its meaning. */
const SALT = 'causeway cluster key 1';

export interface ClusterKeys {
  readonly nodeRecords: KeyObject;
  readonly appRecords: KeyObject;
  readonly callAssertions: KeyObject;
  readonly linkCredentials: KeyObject;
  /** The keys that sign tokens are made of it. */
  readonly tokens: KeyObject;
  readonly revocations: KeyObject;
  /** The authority of the ledger of usage is made of it. */
  readonly ledger: KeyObject;
}

/** @throws Error – the key is too short to be safe */
export function deriveClusterKeys(clusterKey: string): ClusterKeys {
  if (clusterKey.length < MIN_CLUSTER_KEY_LENGTH) {
    throw new Error(`the cluster key must have at least ${MIN_CLUSTER_KEY_LENGTH} characters, not ${clusterKey.length}`);
  }
  return {
    nodeRecords: derive(clusterKey, 'node records'),
    appRecords: derive(clusterKey, 'app records'),
    callAssertions: derive(clusterKey, 'call assertions'),
    linkCredentials: derive(clusterKey, 'link ice credentials'),
    tokens: derive(clusterKey, 'tokens'),
    revocations: derive(clusterKey, 'token revocations'),
    ledger: derive(clusterKey, 'usage ledger'),
  };
}

function derive(clusterKey: string, purpose: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync(HASH, clusterKey, SALT, purpose, KEY_SIZE_BYTES)));
}
