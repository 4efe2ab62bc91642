/**
 * Imports data channels from other nodes. To the engine, a leg is a copy of the publication on its own stream of the
 * link's association.
 *
 * @see docs/adr/0028-data-crosses-regions-in-numbered-copies.md
 */
import type { DataSubscriptionPlan } from '@causeway/media';
import type { DataChannelCloseReason } from '../events.ts';
import type { DataChannelRecord } from '../registry/index.ts';
import { type DataDirectory, dataNameKey } from '../session/data/data-directory.ts';
import { reliabilityOf } from '../session/data/data-records.ts';
import type { Shard } from '../shard.ts';
import type { ImportLeg } from './import-leg.ts';
import { type LayerDemand, NO_DEMAND } from './layer-demand.ts';
import { type ControlMessage, LINK_DATA_VERSION } from './links/control-messages.ts';
import type { NodeLink } from './links/node-link.ts';
import type { LegNews, RelayedKind } from './relayed-kind.ts';
import { tellableDataChannel } from './tellable-records.ts';

/** The number that identifies a data channel on a link. */
export interface DataLeg {
  readonly streamId: number;
}

/** A data channel has no layers, so a subscriber always wants all of it. */
export const ALL_OF_IT: LayerDemand = { best: true, preferred: [], exact: [], weight: 1 };

export class DataKind implements RelayedKind<DataChannelRecord, DataSubscriptionPlan, DataLeg, DataChannelCloseReason> {
  readonly resumes = true;
  readonly endsByItself = true;
  readonly #shard: Shard;
  readonly #directory: DataDirectory;

  constructor(shard: Shard, directory: DataDirectory) {
    this.#shard = shard;
    this.#directory = directory;
  }

  numbersFor(_record: DataChannelRecord, link: NodeLink): DataLeg | undefined {
    const streamId = link.version < LINK_DATA_VERSION ? undefined : link.takeStreamId();
    return streamId === undefined ? undefined : { streamId };
  }

  put({ trackId, options }: ImportLeg<DataLeg>, record: DataChannelRecord): void {
    const { transportId, numbers } = options;
    this.#shard.send({
      type: 'put-data-publication',
      plan: {
        publicationId: trackId,
        transportId,
        stream: { streamId: numbers.streamId, isNegotiated: true },
        reliability: reliabilityOf(record),
        retain: record.retain,
        isBus: record.isBus,
        copyOf: record.publicationId,
      },
    });
  }

  /** The retained messages or the bus property may have changed. */
  changed(leg: ImportLeg<DataLeg>, record: DataChannelRecord): void {
    this.put(leg, record);
  }

  ask(leg: ImportLeg<DataLeg>, record: DataChannelRecord): boolean {
    const { wantId, route, numbers, isResumed } = leg.options;
    const { publicationId, appId, sessionId } = record;
    const want = { type: 'subscribe-data', wantId, publicationId, appId, sessionId, route, ...numbers, isResumed } as const;
    return leg.link.send(route.length > 2 ? { ...want, channel: record } : want);
  }

  end({ trackId, options, link }: ImportLeg<DataLeg>, isInEngine: boolean): void {
    if (isInEngine) this.#shard.send({ type: 'remove-data-publication', publicationId: trackId });
    link.releaseStreamId(options.transportId, options.numbers.streamId);
  }

  feed(plan: DataSubscriptionPlan, leg: ImportLeg<DataLeg> | undefined): void {
    this.#shard.send({ type: 'put-data-subscription', plan: { ...plan, publicationId: leg?.trackId } });
  }

  demandOf(plans: Iterable<DataSubscriptionPlan>): LayerDemand {
    for (const _ of plans) return ALL_OF_IT;
    return NO_DEMAND;
  }

  /** A channel that is opened again with other settings is a different publication. */
  descriptionOf(): string {
    return '';
  }

  newsIn(message: ControlMessage): LegNews<DataChannelRecord, DataChannelCloseReason> | undefined {
    switch (message.type) {
      case 'data-accepted':
        return { type: 'accepted', record: message.channel, route: message.route };
      case 'data-channel':
        return { type: 'changed', record: message.channel };
      case 'data-closed':
        return message.reason === 'overflow' ? { type: 'overflow' } : { type: 'closed', reason: message.reason };
      default:
        return undefined;
    }
  }

  tellable(record: DataChannelRecord): DataChannelRecord {
    return tellableDataChannel(record);
  }

  /** If a subscriber on this node holds the sole right to reply, claims it on the route now in use. */
  moved(leg: ImportLeg<DataLeg>, { sessionId, dataChannelName }: DataChannelRecord): void {
    if (this.#directory.hasReplyRight(dataNameKey(sessionId, dataChannelName)))
      leg.link.send({ type: 'claim-reply', wantId: leg.options.wantId });
  }
}
