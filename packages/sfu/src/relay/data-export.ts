/**
 * The export of one data channel to one neighbour: an ordinary subscription on the link that feeds the neighbour's
 * copy. It follows the channel in the directory, so that the neighbour receives the same events as local sessions.
 */
import type { DataSubscriptionCloseReason } from '@causeway/media';
import type { DataSourceEndReason } from '../events.ts';
import type { DataChannelRecord } from '../registry/index.ts';
import { type DataDirectory, type DataFollower, dataNameKey } from '../session/data/data-directory.ts';
import type { Shard } from '../shard.ts';
import { ALL_OF_IT } from './data-kind.ts';
import type { ImportLeg } from './import-leg.ts';
import type { ControlMessage, ControlMessageOf } from './links/control-messages.ts';
import type { NodeLink } from './links/node-link.ts';
import type { ExportKind, RelayedExport, RelayedWant } from './relay-exporter.ts';
import { tellableDataChannel } from './tellable-records.ts';

export interface DataExportParts {
  readonly shard: Shard;
  readonly selfNo: number;
  readonly directory: DataDirectory;
  readonly onDefect: (error: unknown) => void;
}

export type DataWant = ControlMessageOf<'subscribe-data'> & RelayedWant<DataChannelRecord>;

/** Creates and finds the exports of data channels for a relay. */
export class DataExports implements ExportKind<DataChannelRecord, DataWant, DataExport> {
  readonly #parts: DataExportParts;

  constructor(parts: DataExportParts) {
    this.#parts = parts;
  }

  recordOf(publicationId: string): DataChannelRecord | undefined {
    return this.#parts.directory.recordOf(publicationId);
  }

  wantIn(message: ControlMessage): DataWant | undefined {
    return message.type === 'subscribe-data' ? { ...message, record: message.channel } : undefined;
  }

  create(link: NodeLink, transportId: string, want: DataWant, onEnded: () => void): DataExport {
    return new DataExport(link, transportId, want, this.#parts, onEnded);
  }

  follow(opened: DataExport, { sessionId, dataChannelName }: DataChannelRecord): void {
    this.#parts.directory.follow(opened, new Set([dataNameKey(sessionId, dataChannelName)]));
  }

  unfollow(ended: DataExport): void {
    this.#parts.directory.follow(ended, new Set());
  }
}

export class DataExport implements DataFollower, RelayedExport<DataChannelRecord> {
  readonly demand = ALL_OF_IT;
  readonly carried = [''];
  readonly link: NodeLink;
  readonly transportId: string;
  readonly wantId: number;
  readonly publicationId: string;
  readonly rest: readonly number[];
  readonly isResumed: boolean;
  /** The id of the subscription in the engine. */
  readonly subscriptionId: string;
  readonly #streamId: number;
  readonly #parts: DataExportParts;
  readonly #onEnded: () => void;
  #source: ImportLeg<unknown> | undefined = undefined;
  #record: DataChannelRecord | undefined = undefined;
  #isEnded = false;

  constructor(link: NodeLink, transportId: string, want: DataWant, parts: DataExportParts, onEnded: () => void) {
    this.link = link;
    this.transportId = transportId;
    this.wantId = want.wantId;
    this.publicationId = want.publicationId;
    this.rest = want.route.slice(1);
    this.isResumed = want.isResumed;
    this.subscriptionId = `${transportId}/w${want.wantId}`;
    this.#streamId = want.streamId;
    this.#parts = parts;
    this.#onEnded = onEnded;
  }

  get requester(): number {
    return this.link.peer.nodeNo;
  }

  get source(): ImportLeg<unknown> | undefined {
    return this.#source;
  }

  start(source: ImportLeg<unknown> | undefined, record: DataChannelRecord): void {
    this.#source = source;
    this.#record = record;
    this.#accept(record);
    this.#feed(record);
  }

  moveTo(leg: ImportLeg<unknown>): void {
    this.#source = leg;
    if (this.#record === undefined) return;
    // The neighbour reports the actual route of the channel.
    this.#accept(this.#record);
    this.#feed(this.#record);
  }

  /** From now on, only a subscriber behind the neighbour may reply. */
  claimReply(): void {
    if (this.#record === undefined) return;
    const { sessionId, dataChannelName } = this.#record;
    this.#parts.directory.takeReplyRight(dataNameKey(sessionId, dataChannelName), { follower: this, subscriptionId: this.subscriptionId });
  }

  // Events of the directory.

  onDataPublished(record: DataChannelRecord): void {
    if (record.publicationId !== this.publicationId) return;
    this.#record = record;
    this.link.send({ type: 'data-channel', wantId: this.wantId, channel: tellableDataChannel(record) });
  }

  onDataClosed({ publicationId }: DataChannelRecord, reason: DataSourceEndReason): void {
    if (publicationId !== this.publicationId) return;
    // The neighbour looks for another route if this node has none.
    if (reason === 'unreachable') this.link.send({ type: 'refused', wantId: this.wantId, reason: 'broken', others: [] });
    else this.link.send({ type: 'data-closed', wantId: this.wantId, reason });
    this.#finish();
  }

  onReplyRightTaken(): void {
    this.link.send({ type: 'reply-claimed', wantId: this.wantId });
  }

  onDefect(error: unknown): void {
    this.#parts.onDefect(error);
  }

  /** The engine has ended the subscription by itself. */
  onSubscriptionClosed(reason: DataSubscriptionCloseReason): void {
    if (this.#isEnded) return;
    if (reason === 'overflow') this.link.send({ type: 'data-closed', wantId: this.wantId, reason: 'overflow' });
    else this.link.send({ type: 'refused', wantId: this.wantId, reason: 'broken', others: [] });
    this.#finish();
  }

  /** The leg that feeds it is gone. */
  onSourceBroken(): void {
    this.link.send({ type: 'refused', wantId: this.wantId, reason: 'broken', others: [] });
    this.#finish();
  }

  stop(isInEngine: boolean): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (this.#record !== undefined) {
      const { sessionId, dataChannelName } = this.#record;
      this.#parts.directory.releaseReplyRight(dataNameKey(sessionId, dataChannelName), this.subscriptionId);
    }
    if (isInEngine) this.#parts.shard.send({ type: 'remove-data-subscription', subscriptionId: this.subscriptionId });
  }

  #accept(record: DataChannelRecord): void {
    const route = this.#source?.actualRoute ?? [this.#parts.selfNo];
    this.link.send({ type: 'data-accepted', wantId: this.wantId, route, channel: tellableDataChannel(record) });
  }

  #feed({ appId }: DataChannelRecord): void {
    this.#parts.shard.send({
      type: 'put-data-subscription',
      plan: {
        subscriptionId: this.subscriptionId,
        transportId: this.transportId,
        publicationId: this.#source?.trackId ?? this.publicationId,
        stream: { streamId: this.#streamId, isNegotiated: true },
        label: '',
        protocol: '',
        // The right to reply was decided on the subscriber's node.
        canReply: 'many',
        waitsForAck: false,
        isPaused: false,
        // The source may change; the copy at the other end continues.
        isSticky: true,
        account: appId,
        feedsCopy: this.isResumed ? 'resumed' : 'new',
      },
    });
  }

  #finish(): void {
    if (this.#isEnded) return;
    this.stop(true);
    this.#onEnded();
  }
}
