/** Which of a publication's layers a subscriber takes, as it has asked for them. */
import { DEPENDENCY_DESCRIPTOR_URI } from '@causeway/wire';
import type { LayerPreferences, SubscriberTrackPlan } from '../plan.ts';

/** Encoders do not hit a frame rate exactly. */
const FRAME_RATE_LEEWAY = 1.1;
const NO_PREFERENCES: LayerPreferences = {};

type Wish = Pick<SubscriberTrackPlan, 'preferredRid' | 'layers'>;
type Negotiated = Pick<SubscriberTrackPlan, 'codecs' | 'extensions'>;

/** What is looked at of an option; a `LayerOption` is one. */
export interface OfferedOption {
  readonly stream: { readonly rid: string };
  readonly width: number;
  readonly height: number;
  readonly maxTemporalId: number;
  readonly framesPerSecond: number;
  readonly costBps: number;
}

/** An option with its highest spatial layer. */
interface SpatialOption {
  readonly stream: object;
  readonly maxSpatialId: number;
}

/**
 * Receivers tell AV1's spatial layers apart by the dependency descriptor alone. Where it is not
 * negotiated they decode nothing but the lowest, and ask for keyframes for ever if they get more.
 *
 * @returns those of the options that the subscriber can decode
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
 * A layer that is asked for by name is the best that is sent: what stands in for it lies below it. A limit that no layer keeps leaves the lowest,
 * for a picture that is larger than asked for tells more than none.
 *
 * @param options what the publication can be had as, ascending in quality
 * @param rids of the publication, as the publisher listed them: ascending
 * @returns what is acceptable, ascending in quality and in cost; empty if nothing is
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
  // It does not arrive, so that its bitrate says nothing of its rank.
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

/** Frames can only be left out of a layer: where nothing keeps the limit, each layer is left with as few of them as it can have. */
function orFewest<Option extends OfferedOption>(options: readonly Option[], isWithin: (option: Option) => boolean): readonly Option[] {
  const kept = options.filter(isWithin);
  return kept.length > 0
    ? kept
    : options.filter(({ stream, height }, place) => stream !== options[place - 1]?.stream || height !== options[place - 1]?.height);
}

/** Leaves out what costs as much as something better. */
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
