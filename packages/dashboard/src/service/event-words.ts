/** Describes events in a few words. */
import type { ApiEvent } from '@causeway/protocol';

/** Describes an event apart from its type, session and time; empty if there is nothing more. */
export function eventWords(event: ApiEvent): string {
  const { trackKind, customTrackName, trackId, mid, dataChannelName, rid, quality, reason, errorCode, remoteSessionId, region, webhookId } =
    event;
  const track = customTrackName === undefined || customTrackName === '' ? trackId : customTrackName;
  return [
    trackKind,
    track,
    dataChannelName,
    mid === undefined ? undefined : `line ${mid}`,
    rid === undefined ? undefined : rid === '' ? 'only layer' : `layer ${rid}`,
    quality,
    remoteSessionId === undefined ? undefined : `from ${remoteSessionId}`,
    region,
    webhookId,
    reason,
    errorCode,
  ]
    .filter((word) => word !== undefined && word !== '')
    .join(' · ');
}
