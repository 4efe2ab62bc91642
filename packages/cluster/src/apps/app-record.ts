/**
 * Apps as they are stored in Redis: signed, dated and numbered. Otherwise anyone who can write to Redis could add an
 * app with a secret of their own, or restore a secret that was replaced.
 */
import type { KeyObject } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  APP_TOKEN_ALGORITHMS,
  type App,
  type AppTokenKey,
  MAX_SECRETS_PER_APP,
  MAX_TOKEN_KEYS_PER_APP,
  openSealedText,
  parseSecretDigest,
  type SecretDigest,
  sealText,
} from '@causeway/accounts';
import { AppId, readKnownSettings } from '@causeway/protocol';
import { z } from 'zod';
import { openSignedText, signText } from '../trust/signed-text.ts';

/**
 * How far the date of a record may be from now, by the cluster's clock. It limits how long a replaced record can be
 * replayed, and how long an app remains known after all its nodes have stopped.
 */
export const MAX_RECORD_AGE_MS = 24 * 3_600_000;

const MAX_RECORD_LENGTH = 8_192;

/**
 * No text is known that has this digest. In a record it stands for an app without secrets, because earlier versions refuse a record that
 * has no digests, and would go on accepting the secret that was revoked.
 */
const DIGEST_OF_NO_SECRET = '0'.repeat(64) as SecretDigest;

export interface AppRecord {
  readonly app: App;
  /** Increases with every configuration of the app with which a node was started. */
  readonly revision: number;
  /** Milliseconds since 1970 by the cluster's clock. */
  readonly issuedAtMs: number;
  /** Set if the app was removed. A node that has read this accepts no older record of the app. */
  readonly isRemoved?: true;
}

/**
 * - `signature`: it was not written by a node with the cluster key, which points to an attacker
 * - `content`: it is the record of another app, or this version does not understand it
 * - `date`: it is more than a day old, or from the future
 */
export type AppRecordDefect = 'signature' | 'content' | 'date';

export type AppReading =
  | { readonly type: 'absent' }
  | { readonly type: 'refused'; readonly defect: AppRecordDefect }
  | {
      readonly type: 'record';
      readonly record: AppRecord;
      /** The app as it was signed, including settings that only newer versions know. */
      readonly signedApp: unknown;
    };

const SignedRecord = z.object({
  issuedAtMs: z.number(),
  revision: z.int().min(0),
  isRemoved: z.literal(true).optional(),
  app: z.looseObject({
    id: AppId,
    secretDigests: z.array(z.string()).max(MAX_SECRETS_PER_APP),
    settings: z.record(z.string(), z.unknown()),
    tokenKeys: z.array(z.unknown()).max(MAX_TOKEN_KEYS_PER_APP).optional(),
    secretEndsMs: z.record(z.string(), z.number()).optional(),
  }),
});

const StoredTokenKey = z.object({ kid: z.string(), alg: z.enum(APP_TOKEN_ALGORITHMS), key: z.string() });

export function writeAppRecord({ app, revision, issuedAtMs, isRemoved }: AppRecord, key: KeyObject): string {
  return signText(JSON.stringify({ issuedAtMs, revision, isRemoved, app: storedForm(app, key) }), key);
}

/** @param nowMs milliseconds since 1970 by the cluster's clock */
export function readAppRecord(text: string, id: AppId, nowMs: number, key: KeyObject): AppReading {
  if (text === '') return { type: 'absent' };
  const payload = text.length > MAX_RECORD_LENGTH ? undefined : openSignedText(text, key);
  if (payload === undefined) return { type: 'refused', defect: 'signature' };
  const { data } = SignedRecord.safeParse(parseJson(payload));
  const secretDigests = data && readDigests(data.app.secretDigests);
  if (data?.app.id !== id || secretDigests === undefined) return { type: 'refused', defect: 'content' };
  const { revision, issuedAtMs, isRemoved } = data;
  if (Math.abs(nowMs - issuedAtMs) > MAX_RECORD_AGE_MS) return { type: 'refused', defect: 'date' };
  const tokenKeys = readTokenKeys(data.app.tokenKeys, id, key);
  const { secretEndsMs } = data.app;
  const ends = secretEndsMs === undefined ? {} : { secretEndsMs };
  const app = { id, secretDigests, ...ends, ...tokenKeys, settings: readKnownSettings(data.app.settings) };
  return { type: 'record', record: { app, revision, issuedAtMs, ...(isRemoved && { isRemoved }) }, signedApp: data.app };
}

/** Whether a node that was configured with the app would sign the same content. @param key the key of app records */
export function isSignedAs(signedApp: unknown, app: App, key: KeyObject): boolean {
  return isDeepStrictEqual(signedApp, parseJson(JSON.stringify(storedForm(app, key))));
}

/**
 * Encrypts the keys that sign tokens, since Redis may be read by others. Public keys are stored in the clear. An app whose last secret was
 * revoked gets a digest of no secret.
 */
function storedForm({ secretDigests, ...rest }: App, key: KeyObject): App {
  const app = { ...rest, secretDigests: secretDigests.length === 0 ? [DIGEST_OF_NO_SECRET] : secretDigests };
  if (app.tokenKeys === undefined) return app;
  const tokenKeys = app.tokenKeys.map((each) => {
    return each.alg === 'HS256' ? { ...each, key: sealText(each.key, sealContext(app.id, each.kid), key) } : each;
  });
  return { ...app, tokenKeys };
}

/** @returns undefined if there are digests that this version does not understand, and no others */
function readDigests(stored: readonly string[]): readonly SecretDigest[] | undefined {
  const digests = stored.flatMap((text) => parseSecretDigest(text) ?? []);
  if (stored.length > 0 && digests.length === 0) return undefined;
  return digests.filter((digest) => digest !== DIGEST_OF_NO_SECRET);
}

/** Skips keys that this version does not understand, and keys that were not encrypted with the cluster key. */
function readTokenKeys(stored: readonly unknown[] | undefined, id: AppId, key: KeyObject): Pick<App, 'tokenKeys'> {
  if (stored === undefined) return {};
  const tokenKeys = stored.flatMap((each): AppTokenKey[] => {
    const { data } = StoredTokenKey.safeParse(each);
    if (data?.alg !== 'HS256') return data === undefined ? [] : [data];
    const opened = openSealedText(data.key, sealContext(id, data.kid), key);
    return opened === undefined ? [] : [{ ...data, key: opened }];
  });
  return { tokenKeys };
}

function sealContext(id: AppId, kid: string): string {
  return `token key ${kid} of app ${id}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
