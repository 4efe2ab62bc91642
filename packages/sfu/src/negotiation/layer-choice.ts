/** Maps the layers that a subscriber asks for over the API to the layers that the track has. */
import type { SubscriberTrackPlan } from '@causeway/media';
import type { SubscribeItem } from '@causeway/protocol';

/** The fields of a subscribe or update item that concern layers. */
export type LayerWish = Pick<
  SubscribeItem,
  'simulcast' | 'quality' | 'maxWidth' | 'maxHeight' | 'maxFps' | 'maxBitrate' | 'maxTemporalLayer' | 'priority'
>;

/** The simulcast layer that a subscriber asks for, among those that the track has. */
export type LayerChoice =
  | { readonly type: 'chosen'; readonly preferredRid: string | undefined }
  | { readonly type: 'rid_not_available'; readonly rid: string };

/**
 * Chooses a layer. A rid that the track does not have is an error only if the caller accepts no other layer
 * (`ridNotAvailable: none`). `low`, `medium` and `high` follow the order in which the publisher listed its layers,
 * which browsers require to be ascending.
 */
export function chooseLayer({ simulcast, quality }: LayerWish, rids: readonly string[]): LayerChoice {
  const asked = simulcast?.preferredRid ?? ridOfQuality(quality, rids);
  if (asked === undefined || rids.includes(asked)) return { type: 'chosen', preferredRid: asked };
  if (simulcast?.ridNotAvailable === 'none') return { type: 'rid_not_available', rid: asked };
  return { type: 'chosen', preferredRid: undefined };
}

/** Picks the wish from an item with more fields. */
export function layerWishOf(item: LayerWish): LayerWish {
  const { simulcast, quality, maxWidth, maxHeight, maxFps, maxBitrate, maxTemporalLayer, priority } = item;
  return { simulcast, quality, maxWidth, maxHeight, maxFps, maxBitrate, maxTemporalLayer, priority };
}

/**
 * Merges an update into a wish; what the update does not name stays. A layer is named by rid or by quality, so either
 * one replaces both.
 */
export function updatedWish(before: LayerWish, item: LayerWish): LayerWish {
  const isLayerNamed = item.simulcast !== undefined || item.quality !== undefined;
  return {
    simulcast: isLayerNamed ? item.simulcast : before.simulcast,
    quality: isLayerNamed ? item.quality : before.quality,
    maxWidth: item.maxWidth ?? before.maxWidth,
    maxHeight: item.maxHeight ?? before.maxHeight,
    maxFps: item.maxFps ?? before.maxFps,
    maxBitrate: item.maxBitrate ?? before.maxBitrate,
    maxTemporalLayer: item.maxTemporalLayer ?? before.maxTemporalLayer,
    priority: item.priority ?? before.priority,
  };
}

/** Converts a wish for the engine. */
export function layerPlan(wish: LayerWish, rids: readonly string[]): Pick<SubscriberTrackPlan, 'preferredRid' | 'layers'> {
  const choice = chooseLayer(wish, rids);
  const preferredRid = choice.type === 'chosen' ? choice.preferredRid : undefined;
  const { simulcast } = wish;
  const layers: SubscriberTrackPlan['layers'] = {
    ...(wish.priority !== undefined && { priority: wish.priority }),
    ...(wish.maxWidth !== undefined && { maxWidth: wish.maxWidth }),
    ...(wish.maxHeight !== undefined && { maxHeight: wish.maxHeight }),
    ...(wish.maxFps !== undefined && { maxFramesPerSecond: wish.maxFps }),
    ...(wish.maxBitrate !== undefined && { maxBitrateBps: wish.maxBitrate }),
    ...(wish.maxTemporalLayer !== undefined && { maxTemporalId: wish.maxTemporalLayer }),
    ...(isByName(simulcast) && { order: 'name' }),
    ...(simulcast?.priorityOrdering === 'none' && { fallback: 'none' }),
    ...(simulcast?.ridNotAvailable === 'none' && simulcast.priorityOrdering !== 'none' && { fallback: 'on-bandwidth' }),
  };
  return Object.keys(layers).length === 0 ? { preferredRid } : { preferredRid, layers };
}

function isByName(simulcast: LayerWish['simulcast']): boolean {
  return simulcast?.priorityOrdering === 'asciibetical' || simulcast?.ridNotAvailable === 'asciibetical';
}

function ridOfQuality(quality: string | undefined, rids: readonly string[]): string | undefined {
  switch (quality) {
    case undefined:
    case 'auto':
    case 'high':
      // Without a preference, the engine sends the best layer that the path carries.
      return undefined;
    case 'medium':
      return rids[Math.floor((rids.length - 1) / 2)];
    case 'low':
      return rids[0];
    default:
      return quality;
  }
}
