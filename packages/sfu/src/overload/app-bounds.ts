/** What one app may have on one node at a time, so that it leaves room for the others. */
export interface AppBounds {
  /** Infinite: as many as the node takes. */
  readonly maxSessions: number;
  /** Sessions whose client has not been connected yet: they cost an attacker one HTTP call each. */
  readonly maxUnconnectedSessions: number;
  /** Publications and subscriptions of all its sessions together. */
  readonly maxTracks: number;
  /** RTP that its sessions are sent, in bits per second; infinite without a limit. */
  readonly maxEgressBps: number;
}

/** A flood of sessions that never connect leaves nine tenths of the node to the other apps. */
const UNCONNECTED_SHARE_OF_NODE = 0.1;
/** Clients of one event that come at once must fit on a small node, too. */
const MIN_UNCONNECTED = 100;
const DEFAULT_MAX_TRACKS = 100_000;

/** The default bounds of apps; an app that is alone on its node does not reach them. */
export function defaultAppBounds(maxSessionsOfNode: number): AppBounds {
  return {
    maxSessions: Number.POSITIVE_INFINITY,
    maxUnconnectedSessions: Math.max(MIN_UNCONNECTED, Math.round(maxSessionsOfNode * UNCONNECTED_SHARE_OF_NODE)),
    maxTracks: DEFAULT_MAX_TRACKS,
    maxEgressBps: Number.POSITIVE_INFINITY,
  };
}
