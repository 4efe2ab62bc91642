import type { AppBoundSettings } from '@causeway/accounts';
import { integerFrom, type OptionKind } from './option-kinds.ts';

/** What an app may have on one node: the same kinds of value for one app and for all of them. */
export const APP_BOUND_KINDS: { readonly [Name in keyof AppBoundSettings]-?: OptionKind<number> } = {
  maxSessions: integerFrom(1, 1_000_000),
  maxUnconnectedSessions: integerFrom(1, 1_000_000),
  maxTracks: integerFrom(1, 100_000_000),
  maxEgressMbps: integerFrom(1, 1_000_000),
  maxIdempotencyKeys: integerFrom(1, 100_000),
  maxEventStreams: integerFrom(1, 2_000),
};
