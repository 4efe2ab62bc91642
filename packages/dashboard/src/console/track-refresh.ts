/**
 * Whose tracks to fetch in this round of polling. The API lists tracks session by session, so an app with hundreds of sessions
 * must not cost hundreds of calls every two seconds: sessions never asked about come first, then the ones asked longest ago.
 */
export interface TrackRefresh {
  readonly sessionId: string;
  /** Undefined: never. */
  readonly fetchedAtMs: number | undefined;
  /** Somebody looks at this session: its turn comes in every round. */
  readonly isWatched: boolean;
}

export const MAX_FETCHES_PER_ROUND = 8;

export function chooseTrackRefreshes(sessions: readonly TrackRefresh[]): readonly string[] {
  return [...sessions]
    .sort((a, b) => urgency(a) - urgency(b))
    .slice(0, MAX_FETCHES_PER_ROUND)
    .map(({ sessionId }) => sessionId);
}

function urgency({ isWatched, fetchedAtMs }: TrackRefresh): number {
  return isWatched || fetchedAtMs === undefined ? Number.NEGATIVE_INFINITY : fetchedAtMs;
}
