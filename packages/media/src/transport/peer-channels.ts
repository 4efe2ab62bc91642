import { IN_PROCESS_LIMITS, LINK_LIMITS } from '../data/association/association-limits.ts';
import { DataChannels } from '../data/data-channels.ts';
import type { EngineContext } from '../engine-context.ts';
import type { SecureEndpoint } from '../secure-endpoint.ts';

/** As many channels as a link has streams: its sessions are what bounds them. */
const MAX_CHANNELS_ON_LINK = 65_535;

/** The transport that data channels travel through. */
export interface ChannelTransport {
  readonly id: string;
  readonly context: EngineContext;
  readonly isLink: boolean;
  readonly isInProcess: boolean;
  readonly endpoint: Pick<SecureEndpoint, 'sendApplicationData' | 'hasPeerFinished'>;
  /** The peer has ended its data channels all at once. */
  endAssociation(): void;
  reportDefect(error: unknown): void;
}

/** Makes the data channels of a peer, whose packets travel through its endpoint and whose events reach the router of data. */
export function createPeerChannels(transport: ChannelTransport, role: 'server' | 'client'): DataChannels {
  const { timers, hmacSha1, randomBytes, dataCounters: counters, data } = transport.context;
  const { id } = transport;
  return new DataChannels({
    role,
    timers,
    hmacSha1,
    randomBytes,
    counters,
    mayBegin: false,
    hasPeerFinished: () => transport.endpoint.hasPeerFinished,
    ...(transport.isLink && {
      limits: transport.isInProcess ? IN_PROCESS_LIMITS : LINK_LIMITS,
      maxChannels: MAX_CHANNELS_ON_LINK,
      isLink: true,
      waitsForChannel: true,
    }),
    listener: {
      onPacket: (packet) => transport.endpoint.sendApplicationData(packet),
      onAnnounced: (streamId) => data.handleAnnounced(id, streamId),
      onOpened: (channel) => data.handleOpened(id, channel),
      onClosed: (streamId, reason) => data.handleClosed(id, streamId, reason),
      onOversizedMessage: (streamId) => data.handleOversized(id, streamId),
      onMessage: (streamId, bytes, kind) => data.handleMessage(id, streamId, { kind, data: bytes }),
      onAborted: () => transport.endAssociation(),
      onDefect: (error) => transport.reportDefect(error),
    },
  });
}
