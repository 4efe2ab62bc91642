import { LIMITS } from '@causeway/protocol';

/** What an operator may set for one app. */
export interface AppSettings {
  /** Whether sending media lines of a session's first offer become tracks without a call to `track/publish`. */
  readonly autoPublish: boolean;
  /** How many API calls one session of the app may make each second. */
  readonly maxCallsPerSecondPerSession: number;
}

export const DEFAULT_APP_SETTINGS: AppSettings = {
  autoPublish: true,
  maxCallsPerSecondPerSession: LIMITS.maxCallsPerSecondPerSession,
};
