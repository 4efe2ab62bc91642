/**
 * The layers of one subscription as the bandwidth allocator sees them: those it may choose from, the one it has chosen, and what the
 * subscriber was told about the choice. `subscriber-track.ts` switches to the chosen layer at a keyframe.
 */
import type { AllocatedTrack, LayerGrant } from '../congestion/allocation/bandwidth-allocator.ts';
import { StepGuard } from '../congestion/allocation/step-guard.ts';
import type { EngineEventListener } from '../engine-messages.ts';
import type { GrantedQuality, SubscriberTrackPlan } from '../plan.ts';
import { ALL_LAYERS, type LayerOption, wholeOf } from '../publisher/layer-catalogue.ts';
import type { PublisherTrack } from '../publisher/publisher-track.ts';
import type { ReceiveStream } from '../publisher/receive-stream.ts';
import { decodableOptions, optionsFor } from './layer-wish.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import { ToldLayer } from './told-layer.ts';

/** The subscription that layers are granted to. */
export interface GrantedSubscription {
  readonly transport: { readonly id: string; readonly isLink: boolean };
  readonly plan: SubscriberTrackPlan;
  readonly source: PublisherTrack | undefined;
  /** The encoding being forwarded; undefined if none is. */
  readonly layer: ReceiveStream | undefined;
  /** Whether no layer is forwarded or awaited. */
  readonly isIdle: boolean;
  /** Whether only the requested layer may be sent, even if others arrive. */
  readonly wantsExactLayer: boolean;
  /**
   * Switches to the granted layers, or sends nothing if there are none.
   *
   * @param isUrgent whether the present layer must stop at once
   */
  follow(nowMs: number, granted: LayerOption | undefined, isUrgent: boolean): void;
}

export class LayerGrants implements AllocatedTrack {
  readonly guard = new StepGuard();
  granted: LayerOption | undefined = undefined;
  isDecided = false;
  isWishNew = false;
  readonly #subscription: GrantedSubscription;
  readonly #stream: Pick<OutgoingStream, 'filter' | 'packetsInEach' | 'bytesResent'>;
  readonly #told: ToldLayer;

  /** @param stream on which the subscriber receives the layers */
  constructor(
    subscription: GrantedSubscription,
    stream: Pick<OutgoingStream, 'filter' | 'packetsInEach' | 'bytesResent'>,
    onEvent: EngineEventListener,
  ) {
    const { transport, plan } = subscription;
    this.#subscription = subscription;
    this.#stream = stream;
    this.#told = new ToldLayer({ transportId: transport.id, subscriptionId: plan.subscriptionId }, onEvent);
  }

  get isAdaptive(): boolean {
    const { source, plan, wantsExactLayer } = this.#subscription;
    return source !== undefined && !plan.paused && !wantsExactLayer && plan.kind === 'video';
  }

  get priority(): number {
    return this.#subscription.plan.layers?.priority ?? 1;
  }

  get isSentBest(): boolean {
    return this.#told.quality === 'full';
  }

  /** How much of what was asked for fits the path. */
  get quality(): GrantedQuality {
    return this.#told.quality;
  }

  get spentBps(): number {
    const { layer, plan } = this.#subscription;
    if (layer === undefined || plan.paused) return 0;
    const { spatialLimit = ALL_LAYERS, temporalLimit = ALL_LAYERS } = this.#stream.filter ?? {};
    return layer.costBps(spatialLimit, temporalLimit);
  }

  get bytesResent(): number {
    return this.#stream.bytesResent;
  }

  fixedCostBps(nowMs: number): number {
    const { plan, source } = this.#subscription;
    if (plan.kind === 'video' || plan.paused || source === undefined) return 0;
    return this.#stream.packetsInEach * source.layerOptions(nowMs).reduce((sum, { costBps }) => sum + costBps, 0);
  }

  layerOptions(nowMs: number): readonly LayerOption[] | undefined {
    const { plan, source, isIdle } = this.#subscription;
    if (source === undefined) return undefined;
    const { rids } = source.plan;
    const arriving = source.layerOptions(nowMs);
    if (arriving.length > 0) return optionsFor(plan, decodableOptions(plan, arriving), rids);
    if (source.streams.length === 0 || !isIdle) return undefined;
    // Nothing arrives, perhaps because the publisher is muted, so the subscriber gets a layer to wait for.
    const silent = source.streams.map((stream) => wholeOf(nowMs, stream));
    return optionsFor(plan, silent, rids).slice(0, 1);
  }

  grant(nowMs: number, { option, quality, reason, isUrgent, isShort, isOverusing }: LayerGrant): void {
    const { transport, source } = this.#subscription;
    if (!transport.isLink) {
      this.#told.noteGrant(quality, reason, !isSameOption(option, this.granted));
      this.#told.noteShortage(nowMs, isShort && source?.transport.isLink === true, isOverusing);
    }
    this.granted = option;
    this.isDecided = true;
    this.isWishNew = false;
    this.#subscription.follow(nowMs, option, isUrgent);
  }

  /** Forgets the last grant, because the source has ended or was replaced. */
  forget(): void {
    this.granted = undefined;
    this.isDecided = false;
  }

  /** Reports the layer that is being sent. @param stream undefined if none is */
  noteLayer(stream: ReceiveStream | undefined): void {
    const { transport, plan } = this.#subscription;
    if (plan.kind !== 'video' || transport.isLink) return;
    const within = stream !== undefined && this.granted?.stream === stream ? this.granted : undefined;
    this.#told.noteLayer(stream?.rid, limitOf(within?.maxSpatialId), limitOf(within?.maxTemporalId));
  }
}

function isSameOption(one: LayerOption | undefined, other: LayerOption | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.stream === other.stream && one.maxSpatialId === other.maxSpatialId && one.maxTemporalId === other.maxTemporalId;
}

/** The limit as it is reported: undefined if no layer is dropped. */
function limitOf(maxId: number | undefined): number | undefined {
  return maxId === ALL_LAYERS ? undefined : maxId;
}
