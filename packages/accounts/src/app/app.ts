import type { AppId, AppSettings } from '@causeway/protocol';
import type { AppTokenKey } from './app-token-key.ts';
import type { SecretDigest } from './secret.ts';

/** How many secrets of one app are good at the same time: the old one and the new one, while they are being exchanged. */
export const MAX_SECRETS_PER_APP = 2;

/** A tenant: the container of sessions, and the owner of the secret that opens them. */
export interface App {
  readonly id: AppId;
  /** One, or two while secrets are exchanged. The secrets themselves are kept nowhere. */
  readonly secretDigests: readonly SecretDigest[];
  /** When secrets stop to open the app, by digest, in milliseconds since 1970; one that is missing here has no end. */
  readonly secretEndsMs?: Readonly<Record<string, number>>;
  /** With which the app's own backend signs tokens. Default: none. */
  readonly tokenKeys?: readonly AppTokenKey[];
  readonly settings: AppSettings;
}
