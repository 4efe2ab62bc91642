import { decodeUtf8 } from '@causeway/wire';
import { DataChannels } from '../data/data-channels.ts';
import { DropReason } from '../drop-reason.ts';
import type { PeerTransport } from './peer-transport.ts';

/** Makes the data channels of a peer, whose packets travel through its endpoint and whose events reach the engine's owner. */
export function createPeerChannels(transport: PeerTransport, role: 'server' | 'client'): DataChannels {
  const { timers, hmacSha1, randomBytes, dataCounters: counters, onEvent, drops } = transport.context;
  const { id: transportId } = transport;
  return new DataChannels({
    role,
    timers,
    hmacSha1,
    randomBytes,
    counters,
    listener: {
      onPacket: (packet) => transport.endpoint.sendApplicationData(packet),
      onOpened: (channel) => onEvent({ type: 'data-channel-opened', transportId, ...channel }),
      onClosed: (streamId) => onEvent({ type: 'data-channel-closed', transportId, streamId }),
      onMessage(streamId, data, kind) {
        if (!transport.isLink) {
          drops.increment(DropReason.DataWithoutSubscriber);
          return;
        }
        const content = kind === 'text' ? decodeUtf8(data, 0, data.length) : data;
        onEvent({ type: 'data-channel-message', transportId, streamId, data: content });
      },
      onAborted: () => transport.endAssociation(),
      onDefect: (error) => transport.reportDefect(error),
    },
  });
}
