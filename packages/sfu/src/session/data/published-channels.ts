/** The data channels that one session publishes: those that its page opens, and those that calls name. */
import type { DataChannelInfo, DataPublicationCloseReason, DataReliability } from '@causeway/media';
import { DataChannelName, type ErrorCode, type PublishDataChannelItem, parseDataChannelName } from '@causeway/protocol';
import type { DataChannelCloseReason } from '../../events.ts';
import type { DataChannelRecord } from '../../registry/index.ts';
import { type ChannelContext, full, noStream, type Refusal } from './channel-context.ts';
import { channelRecord, type DataPublication, reliabilityOf, retainedMessages } from './data-records.ts';

export type Published = { readonly type: 'published'; readonly publication: DataPublication; readonly isNew: boolean } | Refusal;

export class PublishedChannels {
  readonly #context: ChannelContext;
  /** Keyed by name; undefined until there is one, as are the maps below. Most sessions have no data channels. */
  #publications: Map<string, DataPublication> | undefined = undefined;
  /** Channels that the page has opened and that are not published, by stream id. */
  #unpublished: Map<number, DataChannelInfo> | undefined = undefined;
  /** The records of the publications as they were announced, by id. */
  #announced: Map<string, DataChannelRecord> | undefined = undefined;

  constructor(context: ChannelContext) {
    this.#context = context;
  }

  get size(): number {
    return this.#publications?.size ?? 0;
  }

  /** Returns all publications, oldest first. */
  all(): readonly DataPublication[] {
    return [...(this.#publications?.values() ?? [])];
  }

  find(name: string): DataPublication | undefined {
    return this.#publications?.get(name);
  }

  /** Returns the streams of publications and of unpublished channels. */
  streamIds(): readonly number[] {
    return [...(this.#unpublished?.keys() ?? []), ...this.all().flatMap(({ streamId }) => streamId ?? [])];
  }

  /** Publishes a channel, or changes its retention of messages. */
  publish(item: PublishDataChannelItem): Published {
    const { isHosted } = this.#context.owner;
    const { dataChannelName: name, negotiated: isNegotiated = false } = item;
    const known = this.#publications?.get(name);
    if (known !== undefined) return this.#republish(known, item);
    const open = [...(this.#unpublished?.values() ?? [])].find(({ label }) => label === name);
    if (open !== undefined && isNegotiated) {
      return conflict(`channel ${name} is already open by its label, not as a negotiated channel`);
    }
    if (this.#context.isFull()) return full();
    const needsStream = isNegotiated && !isHosted;
    const streamId = needsStream ? this.#context.nextStreamId() : open?.streamId;
    if (needsStream && streamId === undefined) return noStream();
    if (open !== undefined) this.#unpublished?.delete(open.streamId);
    const publication: DataPublication = {
      id: this.#context.nextId('d'),
      name,
      reliability: open === undefined ? requestedReliability(item) : reliabilityOf(open),
      retain: retainedMessages(item.retain ?? 'none'),
      isBus: item.bus ?? false,
      isNegotiated,
      streamId,
    };
    this.#put(publication);
    return { type: 'published', publication, isNew: true };
  }

  unpublish(name: string, reason: DataChannelCloseReason): void {
    const known = this.#publications?.get(name);
    if (known === undefined) return;
    this.#publications?.delete(name);
    this.#withdraw(known, reason);
    this.#context.sync();
  }

  onChannelOpened(channel: DataChannelInfo): void {
    const { label, streamId } = channel;
    const known = this.#publications?.get(label);
    if (known !== undefined && known.streamId === undefined) {
      this.#put({ ...known, streamId, reliability: reliabilityOf(channel) });
      return;
    }
    if (known !== undefined && !known.isNegotiated) {
      this.#replace(known, channel);
      return;
    }
    this.#unpublished ??= new Map();
    this.#unpublished.set(streamId, channel);
    if (!this.#context.owner.autoPublish) return;
    const code = this.#problemOf(label, known);
    if (code !== undefined) this.#refuse(channel, code);
    else this.publish({ dataChannelName: DataChannelName.parse(label) });
  }

  onChannelClosed(streamId: number): void {
    this.#unpublished?.delete(streamId);
  }

  /** The engine has ended a publication by itself. */
  onClosed(publicationId: string, reason: DataPublicationCloseReason): void {
    const known = this.all().find(({ id }) => id === publicationId);
    if (known === undefined) return;
    this.#context.forget(publicationId);
    this.unpublish(known.name, reason);
  }

  /** Channels that the page opened end with their transport. Negotiated ones are opened again on the new transport. */
  onTransportReplaced(): void {
    this.#unpublished = undefined;
    const gone = this.all().filter(({ streamId, isNegotiated }) => streamId !== undefined && !isNegotiated);
    for (const publication of gone) {
      this.#publications?.delete(publication.name);
      this.#withdraw(publication, 'channel_gone');
    }
  }

  /** The session has ended. */
  end(): void {
    for (const publication of this.all()) this.#withdraw(publication, 'session_closed');
    this.#publications = undefined;
    this.#unpublished = undefined;
  }

  /**
   * Updates a known publication. The settings of a channel that is open or negotiated cannot change, because the page
   * has created it with them.
   */
  #republish(known: DataPublication, item: PublishDataChannelItem): Published {
    const { dataChannelName: name, negotiated } = item;
    if (negotiated !== undefined && negotiated !== known.isNegotiated && !this.#context.owner.isHosted) {
      return conflict(
        `channel ${name} is published ${known.isNegotiated ? 'as a negotiated channel' : 'by its label'} already; close it first`,
      );
    }
    const agrees = agreesWith(item, known.reliability);
    if (!agrees && known.streamId !== undefined) {
      return conflict(`channel ${name} is ${describeReliability(known.reliability)}; this cannot be changed while it is open`);
    }
    const publication: DataPublication = {
      ...known,
      reliability: agrees ? known.reliability : requestedReliability(item),
      retain: item.retain === undefined ? known.retain : retainedMessages(item.retain),
      isBus: item.bus ?? known.isBus,
    };
    this.#put(publication);
    return { type: 'published', publication, isNew: false };
  }

  /** A page may open a channel again before the end of the former one has arrived here. */
  #replace(former: DataPublication, channel: DataChannelInfo): void {
    this.unpublish(former.name, 'replaced');
    const { streamId } = channel;
    this.#put({ ...former, id: this.#context.nextId('d'), streamId, reliability: reliabilityOf(channel) });
  }

  #problemOf(label: string, known: DataPublication | undefined): ErrorCode | undefined {
    if (parseDataChannelName(label) === undefined) return 'invalid_params';
    if (known !== undefined) return 'data_channel_conflict';
    if (this.#context.isFull()) return 'quota_exceeded';
    return this.#context.owner.mayPublishData(label) ? undefined : 'forbidden';
  }

  /** Closes the channel, so that the page notices; otherwise its messages would be lost silently. */
  #refuse({ label, streamId }: DataChannelInfo, code: ErrorCode): void {
    const { owner, reports } = this.#context;
    this.#unpublished?.delete(streamId);
    const transportId = owner.negotiation.transport?.id;
    if (transportId !== undefined) owner.parts.shard.send({ type: 'close-data-channel', transportId, streamId });
    reports.failed(label, undefined, code);
  }

  #put(publication: DataPublication): void {
    const { owner, reports } = this.#context;
    this.#publications ??= new Map();
    this.#publications.set(publication.name, publication);
    // The engine is informed first, because subscribers that learn of the publication send it commands about it.
    this.#context.sync();
    const record = channelRecord(owner.appId, owner.id, publication, owner.isHosted);
    this.#announced ??= new Map();
    const isNew = !this.#announced.has(publication.id);
    this.#announced.set(publication.id, record);
    owner.parts.dataDirectory.put(record);
    owner.announceDataChannel(record);
    if (isNew) reports.published(publication.name, publication.streamId);
  }

  #withdraw({ id, name }: DataPublication, reason: DataChannelCloseReason): void {
    const { owner, reports } = this.#context;
    const record = this.#announced?.get(id);
    this.#announced?.delete(id);
    if (record === undefined) return;
    owner.parts.dataDirectory.remove(record.publicationId, reason);
    owner.withdrawDataChannel(record);
    reports.closed(name, reason);
    this.#context.silence(id, reason);
  }
}

function requestedReliability({ ordered = true, maxRetransmits, maxPacketLifeTime }: PublishDataChannelItem): DataReliability {
  return { ordered, maxRetransmits, maxPacketLifeTimeMs: maxPacketLifeTime };
}

/** Whether the item agrees with the reliability; properties that it does not name are unchanged. */
function agreesWith(item: PublishDataChannelItem, reliability: DataReliability): boolean {
  const { ordered = reliability.ordered, maxRetransmits, maxPacketLifeTime } = item;
  if (ordered !== reliability.ordered) return false;
  if (maxRetransmits === undefined && maxPacketLifeTime === undefined) return true;
  return maxRetransmits === reliability.maxRetransmits && maxPacketLifeTime === reliability.maxPacketLifeTimeMs;
}

function describeReliability({ ordered, maxRetransmits, maxPacketLifeTimeMs }: DataReliability): string {
  const order = ordered ? 'ordered' : 'unordered';
  if (maxRetransmits !== undefined) return `${order} with maxRetransmits ${maxRetransmits}`;
  if (maxPacketLifeTimeMs === undefined) return `${order} and reliable`;
  return `${order} with maxPacketLifeTime ${maxPacketLifeTimeMs}`;
}

function conflict(description: string): Refusal {
  return { type: 'failed', code: 'data_channel_conflict', description };
}
