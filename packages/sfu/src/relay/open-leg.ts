/** What importing a publication of another node requires, and how a leg is opened. */
import type { Clock } from '../clock.ts';
import { ImportLeg, type ImportLegOptions } from './import-leg.ts';
import type { NodeLink } from './links/node-link.ts';
import type { RouteFinder } from './path/route-finder.ts';
import type { RelayedKind, RelayedPlan, RelayedRecord } from './relayed-kind.ts';

/** The parts that all publications of one kind share. */
export interface SharedImportParts<Record extends RelayedRecord, Plan extends RelayedPlan, Numbers, Reason> {
  readonly kind: RelayedKind<Record, Plan, Numbers, Reason>;
  readonly linkTo: (nodeNo: number) => NodeLink | undefined;
  readonly routes: RouteFinder;
  readonly clock: Clock;
  readonly nextWantId: () => number;
  readonly onLegEnded: (leg: ImportLeg<Numbers>) => void;
}

/** The parts for a single publication. */
export interface ImportParts<Record extends RelayedRecord, Plan extends RelayedPlan, Numbers, Reason>
  extends SharedImportParts<Record, Plan, Numbers, Reason> {
  /** Messages about the want are for this leg from now on. */
  readonly onLegOpened: (leg: ImportLeg<Numbers>) => void;
  /** The publication is no longer available; its followers have to be told. */
  readonly onGone: (reason: 'requested' | 'rejected' | 'unreachable') => void;
}

/**
 * @returns a leg that neither the engine nor the neighbour knows yet; undefined if the link to the first node of its
 * route cannot carry it
 */
export function prepareLeg<Record extends RelayedRecord, Plan extends RelayedPlan, Numbers, Reason>(
  record: Record,
  { route, reason, isResumed }: Pick<ImportLegOptions<Numbers>, 'route' | 'reason' | 'isResumed'>,
  { linkTo, nextWantId, kind }: ImportParts<Record, Plan, Numbers, Reason>,
): ImportLeg<Numbers> | undefined {
  const link = linkTo(route[1] ?? Number.NaN);
  const transportId = link?.transportId;
  if (link === undefined || !link.isUp || transportId === undefined) return undefined;
  const numbers = kind.numbersFor(record, link);
  if (numbers === undefined) return undefined;
  const wantId = nextWantId();
  const trackId = `${record.publicationId}/leg${wantId}`;
  return new ImportLeg({ link, transportId, wantId, trackId, route, reason, numbers, isResumed });
}
