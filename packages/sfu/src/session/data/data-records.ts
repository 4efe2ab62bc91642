/**
 * The data channels that a session publishes and subscribes to, and their descriptions for the engine, the registry and
 * the API.
 */
import type { DataPublicationPlan, DataReliability, DataReplyRight, DataSubscriptionPlan } from '@causeway/media';
import type { AppId, CanReply, PublishedDataChannelResult, Retain, SubscribedDataChannelResult } from '@causeway/protocol';
import type { DataChannelRecord } from '../../registry/index.ts';

export interface DataPublication {
  /** Unique within the engine and never reused. */
  readonly id: string;
  readonly name: string;
  readonly reliability: DataReliability;
  readonly retain: number;
  readonly isBus: boolean;
  readonly isNegotiated: boolean;
  /** Undefined until the page has opened the channel under its label. */
  readonly streamId: number | undefined;
}

export interface DataSubscription {
  /** Unique within the engine and never reused. */
  readonly id: string;
  readonly remoteSessionId: string;
  readonly name: string;
  /** Undefined while the remote session publishes nothing under the name. */
  readonly publicationId: string | undefined;
  /** The reliability of the first publication, since an open channel keeps the properties with which it was opened. */
  readonly reliability: DataReliability;
  readonly streamId: number;
  readonly isNegotiated: boolean;
  readonly canReply: DataReplyRight;
  readonly waitsForAck: boolean;
  readonly isPaused: boolean;
  /** Whether nothing that its client sends is accepted, whatever its rights. Default: its rights decide. */
  readonly isMuted?: boolean;
  /** Whether the channel is open at the peer's end. */
  readonly isOpen: boolean;
}

/** The transport of a session's channels; a session of this process has none. */
export interface DataTransport {
  readonly transportId: string | undefined;
  readonly account: string;
  readonly sessionId: string;
}

/** @returns undefined for a channel that the page has not opened yet */
export function publicationPlan(
  { id, name, streamId, isNegotiated, reliability, retain, isBus }: DataPublication,
  { transportId, account, sessionId }: DataTransport,
): DataPublicationPlan | undefined {
  const facts = { publicationId: id, reliability, retain, isBus, account, chargedAs: `${sessionId}/${name}` };
  if (transportId === undefined) return { ...facts, transportId, stream: undefined };
  return streamId === undefined ? undefined : { ...facts, transportId, stream: { streamId, isNegotiated } };
}

export function subscriptionPlan(subscription: DataSubscription, { transportId, account }: DataTransport): DataSubscriptionPlan {
  const {
    id,
    remoteSessionId,
    name,
    publicationId,
    streamId,
    isNegotiated,
    canReply,
    waitsForAck,
    isPaused,
    isMuted = false,
  } = subscription;
  return {
    subscriptionId: id,
    transportId,
    publicationId,
    stream: transportId === undefined ? undefined : { streamId, isNegotiated },
    label: name,
    protocol: `sfu;${remoteSessionId}`,
    canReply,
    waitsForAck,
    isPaused,
    ...(isMuted && { isMuted }),
    isSticky: true,
    account,
    chargedAs: `${remoteSessionId}/${name}`,
  };
}

export function channelRecord(appId: AppId, sessionId: string, publication: DataPublication, isHosted: boolean): DataChannelRecord {
  const { id, name, reliability, retain, isBus, streamId } = publication;
  const { ordered, maxRetransmits, maxPacketLifeTimeMs } = reliability;
  return {
    appId,
    sessionId,
    dataChannelName: name,
    publicationId: id,
    ordered,
    ...(maxRetransmits !== undefined && { maxRetransmits }),
    ...(maxPacketLifeTimeMs !== undefined && { maxPacketLifeTimeMs }),
    retain,
    isBus,
    status: isHosted || streamId !== undefined ? 'open' : 'pending',
  };
}

/** @param channel a record, or the options with which a channel was opened */
export function reliabilityOf({
  ordered,
  maxRetransmits,
  maxPacketLifeTimeMs,
}: Pick<DataChannelRecord, keyof DataReliability> | DataReliability): DataReliability {
  return { ordered, maxRetransmits, maxPacketLifeTimeMs };
}

/** @param isHosted whether the channel belongs to this process and is open from the start */
export function publishedResult(publication: DataPublication, isHosted = false): PublishedDataChannelResult {
  const { name, streamId, isNegotiated, reliability, retain, isBus } = publication;
  return {
    dataChannelName: name,
    ...(streamId !== undefined && { id: streamId }),
    negotiated: isNegotiated,
    status: streamId === undefined && !isHosted ? 'pending' : 'open',
    ...reliabilityResult(reliability),
    retain: retainResult(retain),
    bus: isBus,
  };
}

export function subscribedResult(subscription: DataSubscription): SubscribedDataChannelResult {
  const { remoteSessionId, name, streamId, isNegotiated, isOpen, reliability, canReply, waitsForAck, isPaused } = subscription;
  return {
    remoteSessionId,
    dataChannelName: name,
    id: streamId,
    negotiated: isNegotiated,
    status: isOpen ? 'open' : 'pending',
    ...reliabilityResult(reliability),
    canReply: CAN_REPLY[canReply],
    waitForAck: waitsForAck,
    paused: isPaused,
  };
}

const CAN_REPLY: Readonly<Record<DataReplyRight, CanReply>> = { none: false, one: true, many: 'many' };

export function replyRightOf(canReply: CanReply | undefined): DataReplyRight {
  if (canReply === 'many') return 'many';
  return canReply === true ? 'one' : 'none';
}

export function retainedMessages(retain: Retain): number {
  if (typeof retain === 'number') return retain;
  return retain === 'last' ? 1 : 0;
}

function retainResult(retain: number): Retain {
  if (retain === 0) return 'none';
  return retain === 1 ? 'last' : retain;
}

function reliabilityResult({ ordered, maxRetransmits, maxPacketLifeTimeMs }: DataReliability) {
  return {
    ordered,
    ...(maxRetransmits !== undefined && { maxRetransmits }),
    ...(maxPacketLifeTimeMs !== undefined && { maxPacketLifeTime: maxPacketLifeTimeMs }),
  };
}
