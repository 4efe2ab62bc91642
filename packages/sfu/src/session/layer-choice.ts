import type { SubscribeItem } from '@causeway/protocol';

/** Which simulcast layer a subscriber asks for, among those the track has. */
export type LayerChoice =
  | { readonly type: 'chosen'; readonly preferredRid: string | undefined }
  | { readonly type: 'rid_not_available'; readonly rid: string };

/**
 * A rid that the track does not have is an error only if the caller says that no other layer will do (`ridNotAvailable: none`).
 * `low`, `medium` and `high` go by the order in which the publisher listed its layers, which browsers require to be ascending.
 */
export function chooseLayer(item: Pick<SubscribeItem, 'simulcast' | 'quality'>, rids: readonly string[]): LayerChoice {
  const asked = item.simulcast?.preferredRid ?? ridOfQuality(item.quality, rids);
  if (asked === undefined || rids.includes(asked)) return { type: 'chosen', preferredRid: asked };
  if (item.simulcast?.ridNotAvailable === 'none') return { type: 'rid_not_available', rid: asked };
  return { type: 'chosen', preferredRid: undefined };
}

function ridOfQuality(quality: string | undefined, rids: readonly string[]): string | undefined {
  switch (quality) {
    case undefined:
    case 'auto':
    case 'high':
      // The engine forwards the best layer that is arriving.
      return undefined;
    case 'medium':
      return rids[Math.floor((rids.length - 1) / 2)];
    case 'low':
      return rids[0];
    default:
      return quality;
  }
}
