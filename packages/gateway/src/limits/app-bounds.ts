import type { AppBoundSettings } from '@causeway/protocol';
import type { AppBounds } from '@causeway/sfu';

const BPS_PER_MBPS = 1_000_000;

/** Converts the limits that an operator has set, for one app or for all, to the form that the SFU expects; unset ones keep its defaults. */
export function appBoundsOf({
  maxSessions,
  maxUnconnectedSessions,
  maxTracks,
  maxEgressMbps,
}: { readonly [Name in keyof AppBoundSettings]: number | undefined }): Partial<AppBounds> {
  return {
    ...(maxSessions !== undefined && { maxSessions }),
    ...(maxUnconnectedSessions !== undefined && { maxUnconnectedSessions }),
    ...(maxTracks !== undefined && { maxTracks }),
    ...(maxEgressMbps !== undefined && { maxEgressBps: maxEgressMbps * BPS_PER_MBPS }),
  };
}
