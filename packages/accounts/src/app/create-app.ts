import { type AppSettings, DEFAULT_APP_SETTINGS, parseAppId } from '@causeway/protocol';
import { type App, MAX_SECRETS_PER_APP } from './app.ts';
import { type AppTokenKey, createAppTokenKey, MAX_TOKEN_KEYS_PER_APP, type NewAppTokenKey } from './app-token-key.ts';
import { digestSecret, MAX_SECRET_LENGTH, MIN_SECRET_LENGTH } from './secret.ts';

/** An app as an operator configures it. */
export interface NewApp {
  readonly id: string;
  /** The secrets in plain text; only their digests are stored. */
  readonly secrets: readonly string[];
  /** The keys with which the app's own backend signs tokens. Default: none. */
  readonly tokenKeys?: readonly NewAppTokenKey[];
  readonly settings?: Partial<AppSettings>;
}

/**
 * Creates the record of an app from its configuration.
 *
 * @throws Error – the id is invalid, there are no or too many secrets, a secret is too short or cannot be
 *   sent in a header, or a token key cannot be used
 */
export function createApp({ id, secrets, tokenKeys, settings = {} }: NewApp): App {
  const appId = parseAppId(id);
  if (appId === undefined) throw new Error(`app id "${id}" must be 1 to 64 letters, digits, "_" or "-"`);
  if (secrets.length < 1 || secrets.length > MAX_SECRETS_PER_APP) {
    throw new Error(`app "${id}" must have 1 to ${MAX_SECRETS_PER_APP} secrets, not ${secrets.length}`);
  }
  if (!secrets.every((secret) => /^[\x21-\x7e]*$/.test(secret))) {
    throw new Error(`a secret of app "${id}" has characters that cannot stand in a header (blanks, umlauts)`);
  }
  const shortest = Math.min(...secrets.map((secret) => secret.length));
  if (shortest < MIN_SECRET_LENGTH) {
    const advice = 'so that it cannot be guessed; "openssl rand -hex 32" makes a good one';
    throw new Error(`a secret of app "${id}" must have at least ${MIN_SECRET_LENGTH} characters, not ${shortest}, ${advice}`);
  }
  const longest = Math.max(...secrets.map((secret) => secret.length));
  if (longest > MAX_SECRET_LENGTH) {
    throw new Error(`a secret of app "${id}" must have at most ${MAX_SECRET_LENGTH} characters, not ${longest}`);
  }
  return {
    id: appId,
    secretDigests: secrets.map(digestSecret),
    ...(tokenKeys === undefined ? {} : { tokenKeys: createAppTokenKeys(id, tokenKeys) }),
    settings: { ...DEFAULT_APP_SETTINGS, ...settings },
  };
}

/** @throws Error – there are too many keys, two have the same id, or one cannot be used */
export function createAppTokenKeys(id: string, keys: readonly NewAppTokenKey[]): readonly AppTokenKey[] {
  const created = keys.map(createAppTokenKey);
  const hasTwins = new Set(created.map(({ kid }) => kid)).size < created.length;
  if (created.length > MAX_TOKEN_KEYS_PER_APP || hasTwins) {
    throw new Error(`app "${id}" must have at most ${MAX_TOKEN_KEYS_PER_APP} token keys, each with an id of its own`);
  }
  return created;
}
