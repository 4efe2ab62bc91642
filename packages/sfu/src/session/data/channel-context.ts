/** What the published and the subscribed channels of one session share. */
import { type AppId, type ErrorCode, LIMITS, type SessionId } from '@causeway/protocol';
import type { Negotiation } from '../../negotiation/index.ts';
import type { DataChannelRecord } from '../../registry/index.ts';
import type { SessionParts } from '../session-parts.ts';
import type { HostedEnd } from './data-participant.ts';
import type { DataReports } from './data-reports.ts';

/** The session as its data channels need it. */
export interface DataOwner {
  readonly appId: AppId;
  readonly id: SessionId;
  readonly parts: SessionParts;
  readonly negotiation: Negotiation;
  /** Whether channels that the page opens are published automatically. */
  readonly autoPublish: boolean;
  /** Whether it belongs to this process and has no peer. */
  readonly isHosted: boolean;
  mayPublishData(name: string): boolean;
  announceDataChannel(record: DataChannelRecord): void;
  withdrawDataChannel(record: DataChannelRecord): void;
  onDefect(error: unknown): void;
}

export interface ChannelContext {
  readonly owner: DataOwner;
  readonly reports: DataReports;
  /** Whether the session has the maximum number of channels. */
  isFull(): boolean;
  /** @param letter `d` for a publication, `e` for a subscription */
  nextId(letter: 'd' | 'e'): string;
  /** @returns undefined if all streams are in use */
  nextStreamId(): number | undefined;
  /** Informs the engine of changes. */
  sync(): void;
  /** The engine has ended a channel by itself. */
  forget(id: string): void;
  /** Notifies the channel's listener in this process, once, that the channel has ended. */
  silence(id: string, reason: HostedEnd): void;
}

export interface Refusal {
  readonly type: 'failed';
  readonly code: ErrorCode;
  readonly description: string;
}

export function full(): Refusal {
  const description = `a session has at most ${LIMITS.maxDataChannelsPerSession} data channels`;
  return { type: 'failed', code: 'quota_exceeded', description };
}

export function noStream(): Refusal {
  return { type: 'failed', code: 'quota_exceeded', description: 'no stream id is left in this session' };
}
