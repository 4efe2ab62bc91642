import type { AppId, AppSettings } from '@causeway/protocol';
import type { AppTokenKey } from './app-token-key.ts';
import type { SecretDigest } from './secret.ts';

/** How many secrets of an app are valid at the same time: an old and a new one during a rotation. */
export const MAX_SECRETS_PER_APP = 2;

/** A tenant: it contains sessions, and owns the secrets that give access to them. */
export interface App {
  readonly id: AppId;
  /** One digest, or two during a rotation. The secrets themselves are stored nowhere. */
  readonly secretDigests: readonly SecretDigest[];
  /** When secrets expire, by digest, in milliseconds since 1970; a secret that is not listed does not expire. */
  readonly secretEndsMs?: Readonly<Record<string, number>>;
  /** The keys with which the app's own backend signs tokens. Default: none. */
  readonly tokenKeys?: readonly AppTokenKey[];
  readonly settings: AppSettings;
}
