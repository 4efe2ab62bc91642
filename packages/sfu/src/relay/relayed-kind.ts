/**
 * What tracks and data channels have to say for themselves when they come in from other nodes. Ways, legs and the choice between them are the same for
 * both (`imported-source.ts`).
 */
import type { ImportLeg } from './import-leg.ts';
import type { LayerDemand } from './layer-demand.ts';
import type { ControlMessage } from './links/control-messages.ts';
import type { NodeLink } from './links/node-link.ts';

/** What everybody may know of something that is published. */
export interface RelayedRecord {
  readonly publicationId: string;
  readonly appId: string;
  readonly sessionId: string;
}

/** What a session of this node wants of it. */
export interface RelayedPlan {
  readonly subscriptionId: string;
}

/** How a leg ends, as the neighbour says that it leads to. */
export type LegEnd<Reason> =
  /** The publication has ended. */
  | { readonly type: 'closed'; readonly reason: Reason }
  /** The neighbour cannot send all that it must: what has come so far is all that comes. */
  | { readonly type: 'overflow' };

/** What the neighbour says of a leg. */
export type LegNews<Record, Reason> =
  /** @param route that of its own copy */
  | { readonly type: 'accepted'; readonly record: Record; readonly route: readonly number[] }
  | { readonly type: 'changed'; readonly record: Record }
  | LegEnd<Reason>;

/** @typeParam Numbers what tells legs of one link apart */
export interface RelayedKind<Record extends RelayedRecord, Plan extends RelayedPlan, Numbers, Reason> {
  /** @returns undefined if this link cannot carry it */
  numbersFor(record: Record, link: NodeLink): Numbers | undefined;
  /** Makes a leg known to the engine; nothing was asked for yet. */
  put(leg: ImportLeg<Numbers>, record: Record): void;
  /** @returns false if the neighbour cannot be asked */
  ask(leg: ImportLeg<Numbers>, record: Record, demand: LayerDemand): boolean;
  /** The leg is over. @param isInEngine false if the engine has lost it already */
  end(leg: ImportLeg<Numbers>, isInEngine: boolean): void;
  /** Gives a subscriber of this node another source; undefined: none for the time being. */
  feed(plan: Plan, leg: ImportLeg<Numbers> | undefined): void;
  /** @param short ids of those whose path does not carry the best there is */
  demandOf(plans: Iterable<Plan>, short: ReadonlySet<string>, record: Record): LayerDemand;
  /** What the numbers of a leg depend on. */
  descriptionOf(record: Record): string;
  /** Undefined if the message says nothing of a leg of this kind. */
  newsIn(message: ControlMessage): LegNews<Record, Reason> | undefined;
  /** The record as it may be told on. */
  tellable(record: Record): Record;
  /** Something is known of it that the engine may have to know of its legs as well. */
  changed?(leg: ImportLeg<Numbers>, record: Record): void;
  /** Another leg feeds this node from now on. */
  moved?(leg: ImportLeg<Numbers>, record: Record): void;
  /** A leg need not have brought anything to be taken: it makes up for what was missed meanwhile. */
  readonly resumes: boolean;
  /** What was sent before a publication ended may come after the news of its end; the engine says when a leg has brought all of it. */
  readonly endsByItself: boolean;
}

/** What is published in this node's sight: sessions and relays are told by it what becomes of each publication. */
export interface RelayedDirectory<Record, Reason> {
  recordOf(publicationId: string): Record | undefined;
  /** @param how not `takesName`: the record may be old, and leaves a name to whoever is known to have it */
  put(record: Record, how: { readonly takesName: boolean }): void;
  /** The publication has its name now, whoever was known to have it. */
  confirmName(publicationId: string): void;
  remove(publicationId: string, reason: Reason): void;
  /** Removes one that nobody here follows. */
  forget(publicationId: string): void;
  isFollowed(publicationId: string): boolean;
}
