/**
 * The simulcast layers of a track that must cross a link, between nodes or between worker threads, for the subscribers
 * behind it. Only layers that are displayed cross.
 */
import type { SubscriberTrackPlan } from '@causeway/media';

/** What one side of a link asks of the other. It is plain data in canonical form: equal demands are written identically. */
export interface LayerDemand {
  /** The layer with the highest bitrate among those that currently arrive at the publisher's node. */
  readonly best: boolean;
  /** Layers requested by name. If one of them does not arrive, the best one replaces it. */
  readonly preferred: readonly string[];
  /** Layers that no other may replace, because another relay has chosen them. */
  readonly exact: readonly string[];
  /** The number of subscribers, rounded down to a power of two. It determines the share of a link that is too narrow. */
  readonly weight: number;
}

export const NO_DEMAND: LayerDemand = { best: false, preferred: [], exact: [], weight: 0 };

/** The properties of a subscriber that determine its layer. */
export type LayerWish = Pick<SubscriberTrackPlan, 'paused' | 'preferredRid' | 'isExactLayer'> & {
  /** Whether its path does not carry the layer that it wants, so that the lower ones must be available instead. Default false. */
  readonly needsLowerLayers?: boolean;
};

/**
 * @param wishes of all subscribers of one track behind the link, in any order
 * @param rids layers of the track; empty without simulcast, in which case any demand is for its only encoding
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
    // A demand for exactly a layer that the track does not have requests nothing.
    else if (!isExactLayer || rids.length === 0) best = true;
  }
  const isNothing = !best && preferred.size === 0 && exact.size === 0;
  return { best, preferred: [...preferred].sort(), exact: [...exact].sort(), weight: isNothing ? 0 : roundedWeight(subscribers) };
}

/**
 * Rounds the number down, so that a thousand subscribers that join within a minute do not cause a thousand messages to
 * every node on the route.
 */
function roundedWeight(subscribers: number): number {
  return subscribers === 0 ? 0 : 2 ** Math.floor(Math.log2(subscribers));
}

/** Returns the layers up to the preferred one, in the order of `a=simulcast`, which browsers require to be ascending. */
export function layersUpTo(preferredRid: string | undefined, rids: readonly string[]): readonly string[] {
  const place = preferredRid === undefined ? -1 : rids.indexOf(preferredRid);
  return place < 0 ? rids : rids.slice(0, place + 1);
}

/** Combines several demands for the same track. */
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
 * Returns the layers that the upstream side sends for a demand.
 *
 * @param rids layers of the track in the order of `a=simulcast`, which browsers require to be ascending; empty without
 * simulcast
 * @param arriving the layers that currently arrive, highest bitrate first; empty if none does, or if that is unknown
 * @returns rids; without simulcast, the empty rid for any demand
 */
export function layersToCarry(demand: LayerDemand, rids: readonly string[], arriving: readonly string[]): ReadonlySet<string> {
  if (isNoDemand(demand)) return new Set();
  if (rids.length === 0) return new Set(['']);
  // A layer that the track has just dropped may still be reported as arriving for some seconds.
  const known = arriving.filter((rid) => rids.includes(rid));
  const best = known[0] ?? rids.at(-1) ?? '';
  const carried = new Set(demand.exact);
  if (demand.best) carried.add(best);
  // Before anything has arrived, the wish itself is the best guess; a silent layer costs nothing.
  for (const rid of demand.preferred) carried.add(known.length === 0 || known.includes(rid) ? rid : best);
  return carried;
}
