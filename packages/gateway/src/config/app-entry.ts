import {
  type App,
  type AppTokenKey,
  createApp,
  createAppTokenKeys,
  MAX_SECRETS_PER_APP,
  type NewAppTokenKey,
  parseSecretDigest,
  type SecretDigest,
} from '@causeway/accounts';
import { APP_SETTING_NAMES, type AppSettings, DEFAULT_APP_SETTINGS, parseAppId } from '@causeway/protocol';
import { appSettingKindOf } from './option-kinds.ts';
import { ConfigError } from './start-error.ts';

const FIELDS: readonly string[] = ['id', 'secrets', 'secretDigests', 'tokenKeys', ...APP_SETTING_NAMES];

/**
 * Reads an entry of `apps` in the config file.
 *
 * @param place position of the entry, with which messages begin: `apps[0]`
 * @throws ConfigError – an unknown field, an invalid value, or not exactly one of `secrets` and `secretDigests`
 */
export function readAppEntry(entry: unknown, place: string): App {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) throw new ConfigError(`${place} must be an object`);
  const fields = new Map(Object.entries(entry));
  for (const name of fields.keys()) {
    if (!FIELDS.includes(name)) throw new ConfigError(`${place}.${name} is not an option; an app has ${FIELDS.join(', ')}`);
  }
  if (fields.has('secrets') === fields.has('secretDigests')) throw new ConfigError(`${place} must have either secrets or secretDigests`);
  const settings = readSettings(fields, place);
  const app = fields.has('secrets') ? readAppWithSecrets(fields, settings, place) : readAppWithDigests(fields, settings, place);
  return fields.has('tokenKeys') ? { ...app, tokenKeys: readTokenKeys(app.id, fields.get('tokenKeys'), `${place}.tokenKeys`) } : app;
}

function readSettings(fields: ReadonlyMap<string, unknown>, place: string): AppSettings {
  const given = APP_SETTING_NAMES.filter((name) => fields.has(name));
  const values = given.map((name) => {
    const kind = appSettingKindOf(name);
    const value = kind.read(fields.get(name));
    if (value === undefined) throw new ConfigError(`${place}.${name} must be ${kind.expected}`);
    return [name, value];
  });
  return { ...DEFAULT_APP_SETTINGS, ...Object.fromEntries(values) };
}

function readAppWithSecrets(fields: ReadonlyMap<string, unknown>, settings: AppSettings, place: string): App {
  const secrets = readTexts(fields.get('secrets'), `${place}.secrets`);
  try {
    return createApp({ id: String(fields.get('id')), secrets, settings });
  } catch (error) {
    throw new ConfigError(`${place}: ${(error as Error).message}`);
  }
}

function readAppWithDigests(fields: ReadonlyMap<string, unknown>, settings: AppSettings, place: string): App {
  const id = parseAppId(String(fields.get('id')));
  if (id === undefined) throw new ConfigError(`${place}.id must be 1 to 64 letters, digits, "_" or "-"`);
  const texts = readTexts(fields.get('secretDigests'), `${place}.secretDigests`);
  const secretDigests = texts.map(parseSecretDigest).filter((digest): digest is SecretDigest => digest !== undefined);
  if (secretDigests.length < texts.length) throw new ConfigError(`${place}.secretDigests must be SHA-256 in lower-case hex`);
  return { id, secretDigests, settings };
}

const TOKEN_KEY_FIELDS = ['kid', 'alg', 'publicKey', 'secret'];

function readTokenKeys(id: string, value: unknown, place: string): readonly AppTokenKey[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'object' && item !== null)) {
    throw new ConfigError(`${place} must be a list of objects with ${TOKEN_KEY_FIELDS.join(', ')}`);
  }
  const unknown = value.flatMap(Object.keys).find((name) => !TOKEN_KEY_FIELDS.includes(name));
  if (unknown !== undefined)
    throw new ConfigError(`${place} has a key with the field ${unknown}; a key has ${TOKEN_KEY_FIELDS.join(', ')}`);
  try {
    const keys = value.map(({ kid, alg, ...material }: NewAppTokenKey) => ({ ...material, kid: String(kid), alg: String(alg) }));
    return createAppTokenKeys(id, keys);
  } catch (error) {
    throw new ConfigError(`${place}: ${(error as Error).message}`);
  }
}

function readTexts(value: unknown, place: string): readonly string[] {
  const isList = Array.isArray(value) && value.length >= 1 && value.length <= MAX_SECRETS_PER_APP;
  if (!isList || !value.every((item) => typeof item === 'string')) {
    throw new ConfigError(`${place} must be a list of 1 to ${MAX_SECRETS_PER_APP} strings`);
  }
  return value;
}
