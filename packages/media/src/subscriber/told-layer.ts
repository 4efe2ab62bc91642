/** Remembers what was last reported about the layer that a subscriber receives, so that events are emitted only for changes. */
import type { EngineEventListener } from '../engine-messages.ts';
import type { GrantedQuality, LayerChangeReason } from '../plan.ts';

/**
 * A new path's estimate is lower than its capacity until it has been probed. Unless a queue grows, the path has this long before it counts
 * as too narrow.
 */
const SHORT_FOR_MS = 3000;
/**
 * How long lower layers stay needed after the shortage. A path that was too narrow may soon be so again, and a layer that must first cross
 * a link arrives late.
 */
const NEEDED_FOR_MS = 10_000;

export interface ToldLayerIds {
  readonly transportId: string;
  readonly subscriptionId: string;
}

export class ToldLayer {
  readonly #ids: ToldLayerIds;
  readonly #onEvent: EngineEventListener;
  /** Initially empty, so that a publication without simulcast causes no event until it stops. */
  #rid: string | undefined = '';
  #spatialId: number | undefined = undefined;
  #temporalId: number | undefined = undefined;
  #reason: LayerChangeReason = 'start';
  quality: GrantedQuality = 'full';
  #areLowerNeeded = false;
  #shortSinceMs = Number.NaN;
  #neededAtMs = Number.NEGATIVE_INFINITY;

  constructor(ids: ToldLayerIds, onEvent: EngineEventListener) {
    this.#ids = ids;
    this.#onEvent = onEvent;
  }

  /**
   * Reports the allocator's decision if the quality changed.
   *
   * @param isOther whether it chose another layer, whose keyframe is still to come
   */
  noteGrant(quality: GrantedQuality, reason: LayerChangeReason, isOther: boolean): void {
    if (isOther) this.#reason = reason;
    if (quality === this.quality) return;
    this.quality = quality;
    this.#onEvent({ type: 'quality-changed', ...this.#ids, quality, reason });
  }

  /**
   * Reports whether a link needs lower layers to be sent over it.
   *
   * @param isShort whether the best wanted layer does not fit the link
   * @param isCertain whether a queue grows on the path, which leaves no doubt
   */
  noteShortage(nowMs: number, isShort: boolean, isCertain: boolean): void {
    if (!isShort) this.#shortSinceMs = Number.NaN;
    else if (Number.isNaN(this.#shortSinceMs)) this.#shortSinceMs = nowMs;
    if (isShort && (isCertain || nowMs - this.#shortSinceMs >= SHORT_FOR_MS)) this.#neededAtMs = nowMs;
    const areNeeded = nowMs - this.#neededAtMs < NEEDED_FOR_MS;
    if (areNeeded === this.#areLowerNeeded) return;
    this.#areLowerNeeded = areNeeded;
    this.#onEvent({ type: 'lower-layers-needed', ...this.#ids, areNeeded });
  }

  /** Reports the layer that is being sent. @param rid undefined if none is */
  noteLayer(rid: string | undefined, spatialId: number | undefined, temporalId: number | undefined): void {
    if (rid === this.#rid && spatialId === this.#spatialId && temporalId === this.#temporalId) return;
    this.#rid = rid;
    this.#spatialId = spatialId;
    this.#temporalId = temporalId;
    this.#onEvent({ type: 'layer-changed', ...this.#ids, rid, spatialId, temporalId, reason: this.#reason });
  }
}
