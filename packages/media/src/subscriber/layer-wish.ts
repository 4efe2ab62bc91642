/** Selects the layers of a publication that a subscriber accepts, according to its wish. */
import { DEPENDENCY_DESCRIPTOR_URI } from '@causeway/wire';
import type { LayerPreferences, SubscriberTrackPlan } from '../plan.ts';

/** Allows for encoders that do not hit a frame rate exactly. */
const FRAME_RATE_LEEWAY = 1.1;
const NO_PREFERENCES: LayerPreferences = {};

type Wish = Pick<SubscriberTrackPlan, 'preferredRid' | 'layers'>;
type Negotiated = Pick<SubscriberTrackPlan, 'codecs' | 'extensions'>;

/** The properties of an option that the selection reads; `LayerOption` has them. */
export interface OfferedOption {
  readonly stream: { readonly rid: string };
  readonly width: number;
  readonly height: number;
  readonly maxTemporalId: number;
  readonly framesPerSecond: number;
  readonly costBps: number;
}

/** An option, and the highest spatial layer that it includes. */
interface SpatialOption {
  readonly stream: object;
  readonly maxSpatialId: number;
}

/**
 * Leaves out options that the subscriber cannot decode. Receivers tell AV1's spatial layers apart only by the dependency descriptor. If it
 * is not negotiated, they decode nothing but the lowest layer, and request keyframes without end when they get more.
 */
export function decodableOptions<Option extends SpatialOption>(
  { codecs, extensions }: Negotiated,
  options: readonly Option[],
): readonly Option[] {
  if (codecs[0]?.name !== 'av1' || extensions.some(({ uri }) => uri === DEPENDENCY_DESCRIPTOR_URI)) return options;
  return options.filter(({ stream, maxSpatialId }) => {
    return options.every((other) => other.stream !== stream || other.maxSpatialId >= maxSpatialId);
  });
}

/**
 * Selects the options that satisfy a wish. A layer that is requested by name is the best that is sent, and only lower layers may replace
 * it. If no layer satisfies a limit, the lowest one is kept, because a picture larger than requested is better than none.
 *
 * @param options the options that the publication offers, in ascending quality
 * @param rids of the publication in the publisher's order, which is ascending
 * @returns the acceptable options, ascending in quality and in cost; empty if there are none
 */
export function optionsFor<Option extends OfferedOption>(
  { preferredRid, layers }: Wish,
  options: readonly Option[],
  rids: readonly string[],
): readonly Option[] {
  const preferences = layers ?? NO_PREFERENCES;
  const ordered = preferences.order === 'name' ? [...options].sort((one, other) => compareNames(other, one)) : options;
  const named = preferredRid === undefined ? ordered : upTo(preferredRid, ordered, preferences, rids);
  return withoutWaste(within(preferences, named));
}

function upTo<Option extends OfferedOption>(
  preferredRid: string,
  options: readonly Option[],
  { fallback, order }: LayerPreferences,
  rids: readonly string[],
): readonly Option[] {
  const place = options.findLastIndex(({ stream }) => stream.rid === preferredRid);
  if (fallback === 'none') return options.filter(({ stream }) => stream.rid === preferredRid);
  if (place >= 0) return options.slice(0, place + 1);
  if (fallback === 'on-bandwidth') return [];
  // The requested layer does not arrive, so it has no bitrate to rank it by.
  const isLower = (rid: string) => (order === 'name' ? rid > preferredRid : rids.indexOf(rid) < rids.indexOf(preferredRid));
  return options.filter(({ stream }) => isLower(stream.rid));
}

function within<Option extends OfferedOption>(preferences: LayerPreferences, options: readonly Option[]): readonly Option[] {
  const { maxWidth, maxHeight, maxBitrateBps, maxFramesPerSecond, maxTemporalId } = preferences;
  let kept = options;
  if (maxWidth !== undefined) kept = orLowest(kept, ({ width }) => width <= maxWidth);
  if (maxHeight !== undefined) kept = orLowest(kept, ({ height }) => height <= maxHeight);
  if (maxBitrateBps !== undefined) kept = orLowest(kept, ({ costBps }) => costBps <= maxBitrateBps);
  if (maxTemporalId !== undefined) kept = orFewest(kept, (option) => option.maxTemporalId <= maxTemporalId);
  if (maxFramesPerSecond === undefined) return kept;
  return orFewest(kept, ({ framesPerSecond }) => framesPerSecond <= FRAME_RATE_LEEWAY * maxFramesPerSecond);
}

function orLowest<Option extends OfferedOption>(options: readonly Option[], isWithin: (option: Option) => boolean): readonly Option[] {
  const kept = options.filter(isWithin);
  return kept.length > 0 ? kept : options.slice(0, 1);
}

/**
 * A frame rate is lowered only by dropping frames of a layer. If no option satisfies the limit, this keeps the one with the fewest frames
 * of each layer.
 */
function orFewest<Option extends OfferedOption>(options: readonly Option[], isWithin: (option: Option) => boolean): readonly Option[] {
  const kept = options.filter(isWithin);
  return kept.length > 0
    ? kept
    : options.filter(({ stream, height }, place) => stream !== options[place - 1]?.stream || height !== options[place - 1]?.height);
}

/** Drops options that cost at least as much as a better one. */
function withoutWaste<Option extends OfferedOption>(options: readonly Option[]): readonly Option[] {
  let leastBps = Number.POSITIVE_INFINITY;
  return options
    .toReversed()
    .filter(({ costBps }) => {
      const isCheaper = costBps < leastBps;
      if (isCheaper) leastBps = costBps;
      return isCheaper;
    })
    .toReversed();
}

function compareNames({ stream: one }: OfferedOption, { stream: other }: OfferedOption): number {
  return one.rid < other.rid ? -1 : one.rid > other.rid ? 1 : 0;
}
