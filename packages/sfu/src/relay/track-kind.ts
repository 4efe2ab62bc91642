/** Imports tracks from other nodes. To the engine, a leg is a publication with its own numbers on the link. */
import type { SubscriberTrackPlan } from '@causeway/media';
import type { TrackCloseReason } from '../events.ts';
import type { TrackRecord } from '../registry/index.ts';
import type { Shard } from '../shard.ts';
import type { ImportLeg } from './import-leg.ts';
import { type LayerDemand, layerDemand } from './layer-demand.ts';
import type { ControlMessage } from './links/control-messages.ts';
import type { NodeLink } from './links/node-link.ts';
import { createLeg, downstreamPlan, LINK_TRANSPORT_WIDE_CC, type RelayLeg } from './relay-leg.ts';
import type { LegNews, RelayedKind } from './relayed-kind.ts';
import { tellableTrack } from './tellable-records.ts';

export class TrackKind implements RelayedKind<TrackRecord, SubscriberTrackPlan, RelayLeg, TrackCloseReason> {
  /** Subscribers move to a leg once its first packet has arrived. */
  readonly resumes = false;
  readonly endsByItself = false;
  readonly #shard: Shard;

  constructor(shard: Shard) {
    this.#shard = shard;
  }

  numbersFor(record: TrackRecord, link: NodeLink): RelayLeg {
    const leg = createLeg(record, link.nextMid(), () => link.nextSsrc());
    return { ...leg, extensions: [...leg.extensions, LINK_TRANSPORT_WIDE_CC] };
  }

  put({ trackId, options: { numbers, transportId } }: ImportLeg<RelayLeg>, { publicationId }: TrackRecord): void {
    this.#shard.send({ type: 'put-publisher-track', plan: downstreamPlan(numbers, { transportId, trackId, copyOf: publicationId }) });
  }

  ask(leg: ImportLeg<RelayLeg>, record: TrackRecord, demand: LayerDemand): boolean {
    const { wantId, route, numbers } = leg.options;
    const { publicationId, appId, sessionId } = record;
    const want = { type: 'subscribe', wantId, publicationId, appId, sessionId, route, demand, leg: numbers } as const;
    // Intermediate nodes may not know the track; its owner uses its own record.
    return leg.link.send(route.length > 2 ? { ...want, track: record } : want);
  }

  end({ trackId }: ImportLeg<RelayLeg>, isInEngine: boolean): void {
    if (isInEngine) this.#shard.send({ type: 'remove-publisher-track', trackId });
  }

  feed(plan: SubscriberTrackPlan, leg: ImportLeg<RelayLeg> | undefined): void {
    this.#shard.send({ type: 'put-subscriber-track', plan: { ...plan, sourceTrackId: leg?.trackId } });
  }

  demandOf(plans: Iterable<SubscriberTrackPlan>, short: ReadonlySet<string>, { rids }: TrackRecord): LayerDemand {
    const wishes = Array.from(plans, (plan) => ({ ...plan, needsLowerLayers: short.has(plan.subscriptionId) }));
    return layerDemand(wishes, rids);
  }

  descriptionOf({ codecs, extensionUris, rids }: TrackRecord): string {
    return JSON.stringify([codecs, extensionUris, rids]);
  }

  newsIn(message: ControlMessage): LegNews<TrackRecord, TrackCloseReason> | undefined {
    switch (message.type) {
      case 'accepted':
        return { type: 'accepted', record: message.track, route: message.route };
      case 'track':
        return { type: 'changed', record: message.track };
      case 'closed':
        return { type: 'closed', reason: message.reason };
      default:
        return undefined;
    }
  }

  tellable(record: TrackRecord): TrackRecord {
    return tellableTrack(record);
  }
}
