/** Which of a publication's layers a subscriber takes, as it has asked for them. */
import type { SubscriberTrackPlan } from '../plan.ts';
import type { LayerOption } from '../publisher/layer-catalogue.ts';

/**
 * A layer that is asked for by name is the best that is sent: what falls back, falls below it.
 *
 * @param options of the publication, ascending in quality
 * @returns those that are acceptable, ascending in quality; empty only if there are none at all
 */
export function optionsFor(
  { preferredRid }: Pick<SubscriberTrackPlan, 'preferredRid'>,
  options: readonly LayerOption[],
): readonly LayerOption[] {
  if (preferredRid === undefined) return options;
  const place = options.findIndex(({ stream }) => stream.rid === preferredRid);
  return place < 0 ? options : options.slice(0, place + 1);
}
