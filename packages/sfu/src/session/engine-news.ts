import type { EngineEventListener } from '@causeway/media';
import type { Session } from './session.ts';
import type { SessionStore } from './session-store.ts';

/**
 * Brings the engine's events to the sessions that they are about; events about a session that has ended are of no use.
 *
 * @param onDefect takes a defect that no session can be blamed for
 */
export function createEngineListener(store: SessionStore, onDefect: (error: unknown) => void): EngineEventListener {
  const tell = (engineId: string, news: (session: Session) => void): void => {
    const session = store.byId(sessionIdOf(engineId));
    if (session === undefined) return;
    try {
      news(session);
    } catch (error) {
      // This is an edge: a defect in one session must not keep events from the others.
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
      case 'layer-changed':
      case 'quality-changed':
        return tell(event.transportId, (session) => session.onSubscriptionChanged(event));
      case 'defect':
        if (event.transportId === undefined) return onDefect(event.error);
        return tell(event.transportId, (session) => session.onDefect(event.error));
      case 'data-channel-opened':
      case 'data-channel-closed':
      case 'data-channel-message':
      case 'data-publication-closed':
      case 'data-subscription-opened':
      case 'data-subscription-closed':
      case 'data-message-too-large':
      case 'data-buffered-low':
      case 'data-received':
      case 'data-reply-received':
      case 'layers-changed':
        // Relays use these, and get them first; sessions have no publications of data yet.
        return;
      default:
        event satisfies never;
    }
  };
}

/** Ids in the engine are the session's own, or begin with it. */
function sessionIdOf(engineId: string): string {
  const slash = engineId.indexOf('/');
  return slash === -1 ? engineId : engineId.slice(0, slash);
}
