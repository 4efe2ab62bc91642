import type { ApiEvent } from '@causeway/protocol';
import type { SfuEvent } from '@causeway/sfu';

/** An event without the fields that the log adds. */
export type EventContent = Omit<ApiEvent, 'id' | 'at'>;

/** Converts an event of the SFU for clients. @returns undefined for events that are only for operators */
export function describeEvent(event: SfuEvent): EventContent | undefined {
  const content = contentOf(event);
  return content === undefined || event.group === undefined ? content : { ...content, group: event.group };
}

function contentOf(event: SfuEvent): EventContent | undefined {
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
    case 'track.renamed':
    case 'track.muted':
    case 'track.unmuted':
    case 'speaker.changed':
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
      return {
        type: event.type,
        ...subscriptionOf(event),
        rid: event.rid,
        spatial: event.spatial,
        temporal: event.temporal,
        reason: event.reason,
      };
    case 'quality.changed':
      return { type: event.type, ...subscriptionOf(event), quality: event.quality, reason: event.reason };
    case 'datachannel.published':
      return { type: event.type, ...channelOf(event), ...(event.streamId !== undefined && { dataChannelId: event.streamId }) };
    case 'datachannel.closed':
      return { type: event.type, ...channelOf(event), reason: event.reason };
    case 'datachannel.failed': {
      const { remoteSessionId, errorCode } = event;
      return { type: event.type, ...channelOf(event), ...(remoteSessionId !== undefined && { remoteSessionId }), errorCode };
    }
    case 'datachannel.subscribed':
    case 'datachannel.overflow':
      return { type: event.type, ...receivedChannelOf(event) };
    case 'datachannel.unsubscribed':
      return { type: event.type, ...receivedChannelOf(event), reason: event.reason };
    case 'datachannel.oversized': {
      const { sizeBytes, maxMessageBytes } = event;
      return { type: event.type, ...receivedChannelOf(event), sizeBytes, maxMessageBytes };
    }
    case 'registry.failed':
    case 'session.defect':
      return undefined;
  }
}

function trackOf({ sessionId, trackId, customTrackName, mid, kind }: Extract<SfuEvent, { readonly trackId: string }>) {
  return { sessionId, trackId, customTrackName, mid, trackKind: kind };
}

function channelOf({ sessionId, dataChannelName }: Extract<SfuEvent, { readonly dataChannelName: string }>) {
  return { sessionId, dataChannelName };
}

function receivedChannelOf(event: Extract<SfuEvent, { readonly streamId: number; readonly remoteSessionId: string }>) {
  return { ...channelOf(event), remoteSessionId: event.remoteSessionId, dataChannelId: event.streamId };
}

function subscriptionOf({ sessionId, remoteSessionId, remoteTrackId, mid }: Extract<SfuEvent, { readonly remoteTrackId: string }>) {
  return { sessionId, remoteSessionId, remoteTrackId, mid };
}
