import { LIMITS } from '@causeway/protocol';

/** What an operator may set for one app. */
export interface AppSettings {
  /** Whether media lines that begin to send in an offer of a client become tracks without a call to `track/publish`. */
  readonly autoPublish: boolean;
  /** How many API calls one session of the app may make each second; reading counts for the app. */
  readonly maxCallsPerSecondPerSession: number;
  /**
   * How many calls that belong to no session (creating, listing, reading) one node takes for the app each second. All sessions together make up to
   * five times as many.
   */
  readonly maxCallsPerSecondPerApp: number;
}

export const DEFAULT_APP_SETTINGS: AppSettings = {
  autoPublish: true,
  maxCallsPerSecondPerSession: LIMITS.maxCallsPerSecondPerSession,
  maxCallsPerSecondPerApp: LIMITS.maxCallsPerSecondPerApp,
};
