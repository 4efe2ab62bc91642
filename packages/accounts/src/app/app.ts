import type { AppId } from '@causeway/protocol';
import type { SecretDigest } from '../authentication/secret.ts';
import type { AppTokenKey } from '../tokens/app-token-key.ts';
import type { AppSettings } from './app-settings.ts';

/** How many secrets of one app are good at the same time: the old one and the new one, while they are being exchanged. */
export const MAX_SECRETS_PER_APP = 2;

/** A tenant: the container of sessions, and the owner of the secret that opens them. */
export interface App {
  readonly id: AppId;
  /** One, or two while secrets are exchanged. The secrets themselves are kept nowhere. */
  readonly secretDigests: readonly SecretDigest[];
  /** With which the app's own backend signs tokens. Default: none. */
  readonly tokenKeys?: readonly AppTokenKey[];
  readonly settings: AppSettings;
}
