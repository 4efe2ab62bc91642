/** Where a node says that it is full. New sessions are refused then; what runs goes on. */
export interface OverloadLimits {
  readonly maxSessions: number;
  /** Above this for a while, if it is our own work that takes the time, the node is too busy for more. */
  readonly maxEventLoopDelayMs: number;
}

export const DEFAULT_OVERLOAD_LIMITS: OverloadLimits = {
  // Of 120 KB each while idle, and a file descriptor.
  maxSessions: 10_000,
  // Jitter buffers of clients even out as much without a gap.
  maxEventLoopDelayMs: 50,
};
