import type { EngineListener } from '@causeway/media';
import type { ShardEvent } from './worker-messages.ts';

/** Turns what an engine tells into messages. */
export function createWorkerListener(tell: (event: ShardEvent) => void): EngineListener {
  return {
    onConnectionState: (...args) => tell({ event: 'onConnectionState', args }),
    onTransportClosed: (...args) => tell({ event: 'onTransportClosed', args }),
    onTrackActivity: (...args) => tell({ event: 'onTrackActivity', args }),
    onDataChannelOpened: (...args) => tell({ event: 'onDataChannelOpened', args }),
    onDataChannelClosed: (...args) => tell({ event: 'onDataChannelClosed', args }),
    onDataChannelMessage: (...args) => tell({ event: 'onDataChannelMessage', args }),
    onLayersChanged: (...args) => tell({ event: 'onLayersChanged', args }),
    onDefect: (transportId, error) => tell({ event: 'onDefect', args: [transportId, crossingError(error)] }),
    onOutputReady: () => undefined,
  };
}

/** Of an error, what surely crosses a thread boundary. */
function crossingError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const copy = new Error(error.message);
  copy.name = error.name;
  if (error.stack !== undefined) copy.stack = error.stack;
  return copy;
}
