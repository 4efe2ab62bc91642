import type { TrackRecord } from '../registry/index.ts';
import { ImportLeg, type ImportLegOptions } from './import-leg.ts';
import type { ImportParts } from './import-parts.ts';
import type { LayerDemand } from './layer-demand.ts';
import { createLeg, LINK_TRANSPORT_WIDE_CC } from './relay-leg.ts';

/**
 * A leg with numbers of its own on the link to the first node of the way; neither the engine nor the neighbour knows of it yet.
 *
 * @returns undefined if that link is not up
 */
export function prepareLeg(
  record: TrackRecord,
  route: readonly number[],
  reason: ImportLegOptions['reason'],
  { linkTo, nextWantId }: ImportParts,
): ImportLeg | undefined {
  const link = linkTo(route[1] ?? Number.NaN);
  const transportId = link?.transportId;
  if (link === undefined || !link.isUp || transportId === undefined) return undefined;
  const wantId = nextWantId();
  const leg = createLeg(record, link.nextMid(), () => link.nextSsrc());
  const numbers = { ...leg, extensions: [...leg.extensions, LINK_TRANSPORT_WIDE_CC] };
  const trackId = `${record.publicationId}/leg${wantId}`;
  return new ImportLeg({ link, transportId, wantId, trackId, route, reason, numbers });
}

/** @returns false if the neighbour cannot be asked */
export function askForLeg(leg: ImportLeg, record: TrackRecord, demand: LayerDemand): boolean {
  const { wantId, route, numbers } = leg.options;
  const { publicationId, appId, sessionId } = record;
  leg.noteDemand(demand);
  const want = { type: 'subscribe', wantId, publicationId, appId, sessionId, route, demand, leg: numbers } as const;
  // The nodes between may never have heard of the track; its owner knows better.
  return leg.link.send(route.length > 2 ? { ...want, track: record } : want);
}

/** What the numbers of a leg depend on. */
export function descriptionOf({ codecs, extensionUris, rids }: TrackRecord): string {
  return JSON.stringify([codecs, extensionUris, rids]);
}
