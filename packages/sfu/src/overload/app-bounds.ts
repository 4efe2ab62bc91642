/** Limits of one app on one node, which leave room for other apps. */
export interface AppBounds {
  /** Infinite: limited only by the node. */
  readonly maxSessions: number;
  /** Sessions whose client has not connected yet; each costs an attacker one HTTP call. */
  readonly maxUnconnectedSessions: number;
  /** Publications and subscriptions of all its sessions together. */
  readonly maxTracks: number;
  /** RTP sent to its sessions, in bits per second; infinite for no limit. */
  readonly maxEgressBps: number;
}

/** A flood of sessions that never connect leaves nine tenths of the node to other apps. */
const UNCONNECTED_SHARE_OF_NODE = 0.1;
/** Even a small node must admit the clients of one event that arrive together. */
const MIN_UNCONNECTED = 100;
const DEFAULT_MAX_TRACKS = 100_000;

/** The default bounds of apps. An app that is alone on its node does not reach them. */
export function defaultAppBounds(maxSessionsOfNode: number): AppBounds {
  return {
    maxSessions: Number.POSITIVE_INFINITY,
    maxUnconnectedSessions: Math.max(MIN_UNCONNECTED, Math.round(maxSessionsOfNode * UNCONNECTED_SHARE_OF_NODE)),
    maxTracks: DEFAULT_MAX_TRACKS,
    maxEgressBps: Number.POSITIVE_INFINITY,
  };
}
