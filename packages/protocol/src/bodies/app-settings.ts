/** The settings of an app, which are the same in the config file, in the admin API and in the records that nodes share. */
import { z } from 'zod';
import { LIMITS } from '../limits.ts';

const callsPerSecond = z.int().min(1).max(1_000_000);

/** Limits of the app on one node. A limit that is not set here is the node's default for all apps. */
const BOUNDS = {
  maxSessions: z.int().min(1).max(1_000_000).exactOptional().meta({ description: 'Sessions of the app on one node' }),
  maxUnconnectedSessions: z
    .int()
    .min(1)
    .max(1_000_000)
    .exactOptional()
    .meta({ description: 'Sessions on one node whose client has not connected yet' }),
  maxTracks: z
    .int()
    .min(1)
    .max(100_000_000)
    .exactOptional()
    .meta({ description: 'Publications and subscriptions of all sessions on one node together' }),
  maxEgressMbps: z.int().min(1).max(1_000_000).exactOptional().meta({ description: 'RTP that one node sends to the sessions of the app' }),
  maxIdempotencyKeys: z.int().min(1).max(100_000).exactOptional().meta({ description: 'Replies that one node keeps for repeated calls' }),
  maxEventStreams: z.int().min(1).max(2_000).exactOptional().meta({ description: 'Clients of one node that listen to events' }),
};

/** The settings of an app. Unknown ones are refused, so that a misspelt limit does not go unnoticed. */
export const AppSettings = z.strictObject({
  autoPublish: z.boolean().meta({
    description: 'Whether media lines that begin to send in an offer of a client become tracks without a call to `track/publish`',
  }),
  maxCallsPerSecondPerSession: callsPerSecond.meta({
    description: 'How many API calls one session of the app may make each second; reading counts for the app',
  }),
  maxCallsPerSecondPerApp: callsPerSecond.meta({
    description:
      'How many calls that belong to no session (creating, listing, reading) one node accepts for the app each second. All sessions together may make five times as many',
  }),
  refuseSecretFromBrowsers: z.boolean().meta({
    description: 'Whether calls of pages (those with an `Origin` header) are refused when they bring the secret in place of a token',
  }),
  monthlyQuotaGb: z.int().min(1).max(1_000_000).exactOptional().meta({
    description: 'Billed gigabytes (10^9 bytes) that the app may use in a calendar month (UTC), on all nodes together. Default: no limit',
  }),
  quotaGraceSeconds: z.int().min(0).max(2_678_400).exactOptional().meta({
    description: 'How long existing subscriptions continue once the quota is used up. Default: not at all',
  }),
  ...BOUNDS,
});
export type AppSettings = Readonly<z.infer<typeof AppSettings>>;

/** The limits of an app on one node, all of them optional. */
export const AppBoundSettings = z.strictObject(BOUNDS);
export type AppBoundSettings = Readonly<z.infer<typeof AppBoundSettings>>;

/** The default settings of an app. */
export const DEFAULT_APP_SETTINGS: AppSettings = {
  autoPublish: true,
  maxCallsPerSecondPerSession: LIMITS.maxCallsPerSecondPerSession,
  maxCallsPerSecondPerApp: LIMITS.maxCallsPerSecondPerApp,
  refuseSecretFromBrowsers: false,
};

/** The name of a setting. */
export type AppSettingName = keyof AppSettings;

/** The names of all settings. */
export const APP_SETTING_NAMES = Object.keys(AppSettings.shape) as readonly AppSettingName[];

/** Changes of settings, as a JSON merge patch (RFC 7396): a setting that is null is no longer set, one that is missing stays as it is. */
export type AppSettingsPatch = { readonly [Name in AppSettingName]?: Exclude<AppSettings[Name], undefined> | null };
/** The same as a schema. */
export const AppSettingsPatch = z.strictObject(
  Object.fromEntries(APP_SETTING_NAMES.map((name) => [name, innerOf(name).nullable().exactOptional()])),
) as unknown as z.ZodType<AppSettingsPatch>;

/** The type of a setting, for reading it from text and for error messages. */
export type AppSettingKind = { readonly type: 'boolean' } | { readonly type: 'integer'; readonly min: number; readonly max: number };

/** Returns the type of a setting: a boolean, or an integer within bounds. */
export function appSettingKind(name: AppSettingName): AppSettingKind {
  const inner = innerOf(name);
  if (!(inner instanceof z.ZodNumber)) return { type: 'boolean' };
  return { type: 'integer', min: inner.minValue ?? 0, max: inner.maxValue ?? Number.MAX_SAFE_INTEGER };
}

function innerOf(name: AppSettingName): z.ZodType {
  const schema: z.ZodType = AppSettings.shape[name];
  if (!(schema instanceof z.ZodExactOptional)) return schema;
  const description = schema.meta()?.description;
  const inner = schema.unwrap() as z.ZodType;
  return description === undefined ? inner : inner.meta({ description });
}

/** Reads settings of another version: unknown or invalid ones are replaced by their defaults. */
export function readKnownSettings(stored: Readonly<Record<string, unknown>>): AppSettings {
  const usable = APP_SETTING_NAMES.filter((name) => Object.hasOwn(stored, name) && AppSettings.shape[name].safeParse(stored[name]).success);
  return { ...DEFAULT_APP_SETTINGS, ...Object.fromEntries(usable.map((name) => [name, stored[name]])) };
}
