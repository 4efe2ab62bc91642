/**
 * Which simulcast layers of a track must cross a link (between nodes, or between worker threads) for the subscribers
 * behind it, so that only layers that are shown cross.
 */
import type { SubscriberTrackPlan } from '@causeway/media';

/** What one side of a link asks the other for; plain data, the same demand is always written the same way. */
export interface LayerDemand {
  /** The layer with the highest bitrate among those that arrive at the publisher's node just then, whichever it is. */
  readonly best: boolean;
  /** Layers asked for by name. While one of them does not arrive, the best one stands in for it. */
  readonly preferred: readonly string[];
  /** Layers for which no other may stand in: another relay has chosen them. */
  readonly exact: readonly string[];
  /** How many subscribers it is for, rounded down to a power of two: its share of a link that is too narrow. */
  readonly weight: number;
}

export const NO_DEMAND: LayerDemand = { best: false, preferred: [], exact: [], weight: 0 };

/** What decides about the layer of one subscriber. */
export type LayerWish = Pick<SubscriberTrackPlan, 'paused' | 'preferredRid' | 'isExactLayer'> & {
  /** Its path does not carry the layer it wants: the lower ones must be there to stand in. Default false. */
  readonly needsLowerLayers?: boolean;
};

/**
 * @param wishes of all subscribers of one track behind the link, in any order
 * @param rids layers of the track; empty without simulcast, and any demand is then for the one encoding there is
 */
export function layerDemand(wishes: Iterable<LayerWish>, rids: readonly string[]): LayerDemand {
  let best = false;
  const preferred = new Set<string>();
  const exact = new Set<string>();
  let subscribers = 0;
  for (const { paused, preferredRid, isExactLayer = false, needsLowerLayers = false } of wishes) {
    if (paused) continue;
    subscribers++;
    if (needsLowerLayers) for (const rid of layersUpTo(preferredRid, rids)) preferred.add(rid);
    if (preferredRid !== undefined && rids.includes(preferredRid)) (isExactLayer ? exact : preferred).add(preferredRid);
    // A demand for exactly a layer that the track does not have demands nothing.
    else if (!isExactLayer || rids.length === 0) best = true;
  }
  const isNothing = !best && preferred.size === 0 && exact.size === 0;
  return { best, preferred: [...preferred].sort(), exact: [...exact].sort(), weight: isNothing ? 0 : roundedWeight(subscribers) };
}

/** A thousand subscribers that join within a minute must not cause a thousand messages to every node on the route. */
function roundedWeight(subscribers: number): number {
  return subscribers === 0 ? 0 : 2 ** Math.floor(Math.log2(subscribers));
}

/** In the order of `a=simulcast`, which browsers require to be ascending. */
export function layersUpTo(preferredRid: string | undefined, rids: readonly string[]): readonly string[] {
  const place = preferredRid === undefined ? -1 : rids.indexOf(preferredRid);
  return place < 0 ? rids : rids.slice(0, place + 1);
}

/** What several demands for the same track ask for together. */
export function joinDemands(demands: Iterable<LayerDemand>): LayerDemand {
  let best = false;
  const preferred = new Set<string>();
  const exact = new Set<string>();
  let weight = 0;
  for (const demand of demands) {
    best ||= demand.best;
    weight += demand.weight;
    for (const rid of demand.preferred) preferred.add(rid);
    for (const rid of demand.exact) exact.add(rid);
  }
  return { best, preferred: [...preferred].sort(), exact: [...exact].sort(), weight: roundedWeight(weight) };
}

export function isNoDemand({ best, preferred, exact }: LayerDemand): boolean {
  return !best && preferred.length === 0 && exact.length === 0;
}

export function isSameDemand(one: LayerDemand, other: LayerDemand): boolean {
  if (one.best !== other.best || one.weight !== other.weight) return false;
  return one.preferred.join(' ') === other.preferred.join(' ') && one.exact.join(' ') === other.exact.join(' ');
}

/**
 * The layers that the upstream side sends for a demand.
 *
 * @param rids layers of the track in the order of `a=simulcast`, which browsers require to be ascending; empty without simulcast
 * @param arriving those that arrive now, the one with the highest bitrate first; empty while none does, or none is known to
 * @returns rids; without simulcast the empty rid for any demand
 */
export function layersToCarry(demand: LayerDemand, rids: readonly string[], arriving: readonly string[]): ReadonlySet<string> {
  if (isNoDemand(demand)) return new Set();
  if (rids.length === 0) return new Set(['']);
  // One that the track has given up just now may be taken to arrive for some seconds yet.
  const known = arriving.filter((rid) => rids.includes(rid));
  const best = known[0] ?? rids.at(-1) ?? '';
  const carried = new Set(demand.exact);
  if (demand.best) carried.add(best);
  // Before anything has arrived the wish itself is the best guess: it costs nothing while the layer is silent.
  for (const rid of demand.preferred) carried.add(known.length === 0 || known.includes(rid) ? rid : best);
  return carried;
}
