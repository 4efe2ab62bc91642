/** What the owner has been told of the layer that a subscriber gets, so that it hears of changes and of nothing else. */
import type { EngineEventListener } from '../engine-messages.ts';
import type { GrantedQuality, LayerChangeReason } from '../plan.ts';

/** A path is narrower by its estimate than it is until it has been probed: unless a queue grows on it, it is given that long. */
const SHORT_FOR_MS = 3000;
/** One that was too narrow a moment ago may be so again, and a layer that has to cross a link first comes late. */
const NEEDED_FOR_MS = 10_000;

export interface ToldLayerIds {
  readonly transportId: string;
  readonly subscriptionId: string;
}

export class ToldLayer {
  readonly #ids: ToldLayerIds;
  readonly #onEvent: EngineEventListener;
  /** A publication without layers gives nothing to report before it stops. */
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

  /** What the allocator has decided. @param isOther it is another layer than before, which follows with its keyframe */
  noteGrant(quality: GrantedQuality, reason: LayerChangeReason, isOther: boolean): void {
    if (isOther) this.#reason = reason;
    if (quality === this.quality) return;
    this.quality = quality;
    this.#onEvent({ type: 'quality-changed', ...this.#ids, quality, reason });
  }

  /** @param isShort the best of the layers that cross a link does not fit. @param isCertain a queue grows on the path */
  noteShortage(nowMs: number, isShort: boolean, isCertain: boolean): void {
    if (!isShort) this.#shortSinceMs = Number.NaN;
    else if (Number.isNaN(this.#shortSinceMs)) this.#shortSinceMs = nowMs;
    if (isShort && (isCertain || nowMs - this.#shortSinceMs >= SHORT_FOR_MS)) this.#neededAtMs = nowMs;
    const areNeeded = nowMs - this.#neededAtMs < NEEDED_FOR_MS;
    if (areNeeded === this.#areLowerNeeded) return;
    this.#areLowerNeeded = areNeeded;
    this.#onEvent({ type: 'lower-layers-needed', ...this.#ids, areNeeded });
  }

  /** What is sent from now on. @param rid undefined for nothing */
  noteLayer(rid: string | undefined, spatialId: number | undefined, temporalId: number | undefined): void {
    if (rid === this.#rid && spatialId === this.#spatialId && temporalId === this.#temporalId) return;
    this.#rid = rid;
    this.#spatialId = spatialId;
    this.#temporalId = temporalId;
    this.#onEvent({ type: 'layer-changed', ...this.#ids, rid, spatialId, temporalId, reason: this.#reason });
  }
}
