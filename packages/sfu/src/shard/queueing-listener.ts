import type { EngineListener } from '@causeway/media';

/** Tells somebody of one event. */
export type Deliver = (listener: EngineListener) => void;

/**
 * Keeps what an engine tells until it has returned, so that whoever hears of it may answer with any verb.
 *
 * @param queue takes each event, to be delivered later
 * @param onOutputReady is told at once
 */
export function createQueueingListener(queue: (deliver: Deliver) => void, onOutputReady: () => void): EngineListener {
  return {
    onConnectionState: (transportId, state) => queue((to) => to.onConnectionState(transportId, state)),
    onTransportClosed: (transportId, reason) => queue((to) => to.onTransportClosed(transportId, reason)),
    onTrackActivity: (trackId, activity) => queue((to) => to.onTrackActivity(trackId, activity)),
    onDataChannelOpened: (transportId, streamId, label) => queue((to) => to.onDataChannelOpened(transportId, streamId, label)),
    onDataChannelClosed: (transportId, streamId) => queue((to) => to.onDataChannelClosed(transportId, streamId)),
    onDataChannelMessage: (transportId, streamId, data) => queue((to) => to.onDataChannelMessage(transportId, streamId, data)),
    onLayersChanged: (trackId, rids) => queue((to) => to.onLayersChanged(trackId, rids)),
    onDefect: (transportId, error) => queue((to) => to.onDefect(transportId, error)),
    onOutputReady,
  };
}
