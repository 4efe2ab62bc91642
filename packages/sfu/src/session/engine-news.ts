import type { EngineListener } from '@causeway/media';
import type { Session } from './session.ts';
import type { SessionStore } from './session-store.ts';

/**
 * Brings what the engine tells to the session it is about; news of a session that has ended meanwhile is of no use.
 *
 * @param onDefect takes a defect that no session can be blamed for
 */
export function createEngineListener(store: SessionStore, onDefect: (error: unknown) => void): EngineListener {
  const tell = (sessionId: string, news: (session: Session) => void): void => {
    const session = store.byId(sessionId);
    if (session === undefined) return;
    try {
      news(session);
    } catch (error) {
      // An edge: a defect in one session must not keep the news from the others.
      session.onDefect(error);
    }
  };
  return {
    onConnectionState: (transportId, state) => tell(sessionIdOf(transportId), (session) => session.onConnectionState(transportId, state)),
    onTransportClosed: (transportId, reason) => tell(sessionIdOf(transportId), (session) => session.onTransportClosed(transportId, reason)),
    onTrackActivity: (trackId, activity) => tell(sessionIdOf(trackId), (session) => session.onTrackActivity(trackId, activity)),
    // Data channels open and close in the engine; publishing them is not built yet.
    onDataChannelOpened: () => undefined,
    onDataChannelClosed: () => undefined,
    onDataChannelMessage: () => undefined,
    // Of use to relays, which hear of it before this.
    onLayersChanged: () => undefined,
    onDefect(transportId, error) {
      if (transportId === undefined) onDefect(error);
      else tell(sessionIdOf(transportId), (session) => session.onDefect(error));
    },
    onOutputReady: () => undefined,
  };
}

/** Ids in the engine are the session's own, or begin with it. */
function sessionIdOf(engineId: string): string {
  const slash = engineId.indexOf('/');
  return slash === -1 ? engineId : engineId.slice(0, slash);
}
