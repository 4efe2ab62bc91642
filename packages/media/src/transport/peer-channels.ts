import {
  type AssociationLimits,
  CLIENT_LIMITS,
  IN_PROCESS_LIMITS,
  LINK_LIMITS,
  type RateLimit,
} from '../data/association/association-limits.ts';
import { DataChannels } from '../data/data-channels.ts';
import type { EngineContext } from '../engine-context.ts';
import type { SecureEndpoint } from '../secure-endpoint.ts';

/** A link has as many channels as SCTP has streams. What limits them is the number of its sessions. */
const MAX_CHANNELS_ON_LINK = 65_535;

/** The transport that data channels travel through. */
export interface ChannelTransport {
  readonly id: string;
  readonly context: EngineContext;
  readonly isLink: boolean;
  readonly isInProcess: boolean;
  /** What the path to the peer has room for. */
  readonly sender: { readonly dataShare: RateLimit };
  readonly endpoint: Pick<SecureEndpoint, 'sendApplicationData' | 'hasPeerFinished'>;
  /** Called when the peer has closed all of its data channels at once. */
  endAssociation(): void;
  reportDefect(error: unknown): void;
}

/** Creates the data channels of a peer. Their packets are sent through its endpoint, and their events go to the data router. */
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
    limits: limitsOf(transport),
    ...(transport.isLink && {
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

function limitsOf({ isLink, isInProcess, sender }: ChannelTransport): AssociationLimits {
  if (isLink) return isInProcess ? IN_PROCESS_LIMITS : LINK_LIMITS;
  return { ...CLIENT_LIMITS, rate: sender.dataShare };
}
