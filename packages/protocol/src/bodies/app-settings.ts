/** What can be set for one app: in the config file, by the admin API and in the records that nodes share alike. */
import { z } from 'zod';
import { LIMITS } from '../limits.ts';

const callsPerSecond = z.int().min(1).max(1_000_000);

/** What the app may have on one node at a time. What is not set here is as on the node for all apps. */
const BOUNDS = {
  maxSessions: z.int().min(1).max(1_000_000).exactOptional().meta({ description: 'Sessions of the app on one node' }),
  maxUnconnectedSessions: z
    .int()
    .min(1)
    .max(1_000_000)
    .exactOptional()
    .meta({ description: 'Sessions on one node whose client has not been connected yet' }),
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

/** The settings of an app. Unknown ones are refused: a misspelt limit must not go unnoticed. */
export const AppSettings = z.strictObject({
  autoPublish: z.boolean().meta({
    description: 'Whether media lines that begin to send in an offer of a client become tracks without a call to `track/publish`',
  }),
  maxCallsPerSecondPerSession: callsPerSecond.meta({
    description: 'How many API calls one session of the app may make each second; reading counts for the app',
  }),
  maxCallsPerSecondPerApp: callsPerSecond.meta({
    description:
      'How many calls that belong to no session (creating, listing, reading) one node takes for the app each second. All sessions together make up to five times as many',
  }),
  refuseSecretFromBrowsers: z.boolean().meta({
    description: 'Whether calls of pages (those with an `Origin` header) are refused when they bring the secret in place of a token',
  }),
  monthlyQuotaGb: z.int().min(1).max(1_000_000).exactOptional().meta({
    description: 'Billed gigabytes (10^9 bytes) that the app may use in a calendar month (UTC), on all nodes together. Default: no limit',
  }),
  quotaGraceSeconds: z.int().min(0).max(2_678_400).exactOptional().meta({
    description: 'How long running subscriptions go on once the quota is used up. Default: not at all',
  }),
  ...BOUNDS,
});
export type AppSettings = Readonly<z.infer<typeof AppSettings>>;

/** The limits of an app on one node, none of which need be set. */
export const AppBoundSettings = z.strictObject(BOUNDS);
export type AppBoundSettings = Readonly<z.infer<typeof AppBoundSettings>>;

/** The settings of an app for which nothing is set. */
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

/** What a setting can be, to read it from a text and to tell an operator. */
export type AppSettingKind = { readonly type: 'boolean' } | { readonly type: 'integer'; readonly min: number; readonly max: number };

/** Tells what a setting can be: true or false, or a whole number within bounds. */
export function appSettingKind(name: AppSettingName): AppSettingKind {
  const schema = AppSettings.shape[name];
  const inner: z.core.$ZodType = schema instanceof z.ZodExactOptional ? schema.unwrap() : schema;
  if (!(inner instanceof z.ZodNumber)) return { type: 'boolean' };
  return { type: 'integer', min: inner.minValue ?? 0, max: inner.maxValue ?? Number.MAX_SAFE_INTEGER };
}

/** Settings with what is not known, or is not as it must be, left out and set as by default: those of another version. */
export function readKnownSettings(stored: Readonly<Record<string, unknown>>): AppSettings {
  const usable = APP_SETTING_NAMES.filter((name) => Object.hasOwn(stored, name) && AppSettings.shape[name].safeParse(stored[name]).success);
  return { ...DEFAULT_APP_SETTINGS, ...Object.fromEntries(usable.map((name) => [name, stored[name]])) };
}
