/**
 * Derives all keys with which nodes authenticate each other from the cluster key. Each purpose has its own key, so that
 * a signature made for one purpose is invalid for another.
 *
 * @see RFC 5869 (HKDF)
 */
import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** An attacker must not be able to guess the key. 256 bits take 64 characters in hex, and 43 in base64. */
export const MIN_CLUSTER_KEY_LENGTH = 32;

const HASH = 'sha256';
const KEY_SIZE_BYTES = 32;
/** Change this when a derived key changes its meaning. */
const SALT = 'causeway cluster key 1';

export interface ClusterKeys {
  readonly nodeRecords: KeyObject;
  readonly appRecords: KeyObject;
  readonly callAssertions: KeyObject;
  readonly linkCredentials: KeyObject;
  /** The keys that sign tokens are derived from it. */
  readonly tokens: KeyObject;
  readonly revocations: KeyObject;
  /** The authority of the usage ledger is derived from it. */
  readonly ledger: KeyObject;
}

/** @throws Error if the key is too short to be secure */
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
