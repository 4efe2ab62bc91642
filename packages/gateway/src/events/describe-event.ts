import type { ApiEvent } from '@causeway/protocol';
import type { SfuEvent } from '@causeway/sfu';

/** An event without what the log adds to it. */
export type EventContent = Omit<ApiEvent, 'id' | 'at'>;

/** Turns what happened in the SFU into what clients are told. @returns undefined for what is for operators only */
export function describeEvent(event: SfuEvent): EventContent | undefined {
  const { sessionId } = event;
  switch (event.type) {
    case 'session.created':
      return { type: event.type, sessionId };
    case 'session.state': {
      const { connectionState } = event;
      const isNews = connectionState === 'connected' || connectionState === 'disconnected';
      return isNews ? { type: `session.${connectionState}`, sessionId } : undefined;
    }
    case 'session.closed':
      return { type: event.type, sessionId, reason: event.reason };
    case 'track.published':
    case 'track.active':
    case 'track.inactive':
      return { type: event.type, ...trackOf(event) };
    case 'track.closed':
      return { type: event.type, ...trackOf(event), reason: event.reason };
    case 'subscription.active':
      return { type: event.type, ...subscriptionOf(event) };
    case 'subscription.ended':
      return { type: event.type, ...subscriptionOf(event), reason: event.reason };
    case 'subscription.failed':
      return { type: event.type, ...subscriptionOf(event), errorCode: event.errorCode };
    case 'layer.changed':
      return { type: event.type, ...subscriptionOf(event), rid: event.rid, temporal: event.temporal, reason: event.reason };
    case 'quality.changed':
      return { type: event.type, ...subscriptionOf(event), quality: event.quality, reason: event.reason };
    default:
      return undefined;
  }
}

function trackOf({ sessionId, trackId, customTrackName, mid, kind }: Extract<SfuEvent, { readonly trackId: string }>) {
  return { sessionId, trackId, customTrackName, mid, trackKind: kind };
}

function subscriptionOf({ sessionId, remoteSessionId, remoteTrackId, mid }: Extract<SfuEvent, { readonly remoteTrackId: string }>) {
  return { sessionId, remoteSessionId, remoteTrackId, mid };
}
