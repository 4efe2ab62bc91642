import { type AppId, LIMITS } from '@causeway/protocol';
import type { AppTokenKey } from './app-token-key.ts';
import type { SecretDigest } from './secret.ts';

/** What an operator may set for one app. */
export interface AppSettings extends AppBoundSettings {
  /** Whether media lines that begin to send in an offer of a client become tracks without a call to `track/publish`. */
  readonly autoPublish: boolean;
  /** How many API calls one session of the app may make each second; reading counts for the app. */
  readonly maxCallsPerSecondPerSession: number;
  /**
   * How many calls that belong to no session (creating, listing, reading) one node takes for the app each second. All sessions together make up to
   * five times as many.
   */
  readonly maxCallsPerSecondPerApp: number;
  /** Whether calls of pages (those with an `Origin` header) are refused when they bring the secret in place of a token. */
  readonly refuseSecretFromBrowsers: boolean;
}

/** What the app may have on one node at a time. What is not set here is as on the node for all apps. */
export interface AppBoundSettings {
  readonly maxSessions?: number;
  /** Sessions whose client has not been connected yet. */
  readonly maxUnconnectedSessions?: number;
  /** Publications and subscriptions of all sessions together. */
  readonly maxTracks?: number;
  /** RTP that its sessions are sent. */
  readonly maxEgressMbps?: number;
  /** Replies that are kept for repeated calls. */
  readonly maxIdempotencyKeys?: number;
  /** Clients that listen to events. */
  readonly maxEventStreams?: number;
}

/** The names of all bounds that can be set for an app. */
export const APP_BOUND_NAMES = [
  'maxSessions',
  'maxUnconnectedSessions',
  'maxTracks',
  'maxEgressMbps',
  'maxIdempotencyKeys',
  'maxEventStreams',
] as const satisfies readonly (keyof AppBoundSettings)[];

/** The settings of an app for which nothing is set. */
export const DEFAULT_APP_SETTINGS: AppSettings = {
  autoPublish: true,
  maxCallsPerSecondPerSession: LIMITS.maxCallsPerSecondPerSession,
  maxCallsPerSecondPerApp: LIMITS.maxCallsPerSecondPerApp,
  refuseSecretFromBrowsers: false,
};

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
