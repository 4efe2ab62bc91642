import type { EngineEvent, EngineEventListener } from '@causeway/media';
import type { Session } from './session.ts';
import type { SessionStore } from './session-store.ts';

/**
 * Delivers the engine's events to their sessions; events of ended sessions are dropped.
 *
 * @param onSpeech called with each reading of the speech on a publication of a session
 * @param onDefect called with a defect that belongs to no session
 */
export function createEngineListener(
  store: SessionStore,
  onSpeech: (session: Session, event: Extract<EngineEvent, { readonly type: 'speech-measured' }>) => void,
  onDefect: (error: unknown) => void,
): EngineEventListener {
  const tell = (engineId: string, news: (session: Session) => void): void => {
    const session = store.byId(sessionIdOf(engineId));
    if (session === undefined) return;
    try {
      news(session);
    } catch (error) {
      // A defect in one session must not keep events from others.
      session.onDefect(error);
    }
  };
  return (event) => {
    switch (event.type) {
      case 'connection-state':
        return tell(event.transportId, (session) => session.onConnectionState(event.transportId, event.state));
      case 'transport-closed':
        return tell(event.transportId, (session) => session.onTransportClosed(event.transportId, event.reason));
      case 'track-activity':
        return tell(event.trackId, (session) => session.onTrackActivity(event.trackId, event.activity));
      case 'speech-measured':
        return tell(event.trackId, (session) => onSpeech(session, event));
      case 'layer-changed':
      case 'quality-changed':
        return tell(event.transportId, (session) => session.onSubscriptionChanged(event));
      case 'defect':
        if (event.transportId === undefined) return onDefect(event.error);
        return tell(event.transportId, (session) => session.onDefect(event.error));
      case 'data-channel-opened':
        return tell(event.transportId, ({ data }) => data.onChannelOpened(event.transportId, event));
      case 'data-channel-closed':
        return tell(event.transportId, ({ data }) => data.published.onChannelClosed(event.streamId));
      case 'data-publication-closed':
        return tell(event.publicationId, ({ data }) => data.published.onClosed(event.publicationId, event.reason));
      case 'data-subscription-opened':
        return tell(event.subscriptionId, ({ data }) => data.subscribed.onOpened(event.subscriptionId));
      case 'data-subscription-closed':
        return tell(event.subscriptionId, ({ data }) => data.subscribed.onClosed(event.subscriptionId, event.reason));
      case 'data-message-too-large':
        return tell(event.subscriptionId, ({ data }) => {
          data.subscribed.onMessageTooLarge(event.subscriptionId, event.sizeBytes, event.maxMessageBytes);
        });
      case 'data-received':
        return tell(event.subscriptionId, ({ data }) => data.onReceived(event.subscriptionId, event.data));
      case 'data-reply-received':
        return tell(event.publicationId, ({ data }) => data.onReceived(event.publicationId, event.data));
      case 'data-channel-message':
      case 'data-buffered-low':
      case 'layers-changed':
      case 'lower-layers-needed':
        // Only relays use these, and they receive them first; a low buffer mark is never requested.
        return;
      default:
        event satisfies never;
    }
  };
}

/** An id in the engine is a session id, or begins with one. */
function sessionIdOf(engineId: string): string {
  const slash = engineId.indexOf('/');
  return slash === -1 ? engineId : engineId.slice(0, slash);
}
