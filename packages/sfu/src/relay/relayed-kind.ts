/**
 * How importing a track differs from importing a data channel. Routes, legs and the choice between them are the same
 * for both (`imported-source.ts`).
 */
import type { ImportLeg } from './import-leg.ts';
import type { LayerDemand } from './layer-demand.ts';
import type { ControlMessage } from './links/control-messages.ts';
import type { NodeLink } from './links/node-link.ts';

/** The public record of a publication. */
export interface RelayedRecord {
  readonly publicationId: string;
  readonly appId: string;
  readonly sessionId: string;
}

/** What a session of this node wants from it. */
export interface RelayedPlan {
  readonly subscriptionId: string;
}

/** How a leg ends, according to the neighbour that it leads to. */
export type LegEnd<Reason> =
  /** The publication has ended. */
  | { readonly type: 'closed'; readonly reason: Reason }
  /** The neighbour cannot send everything that it must: nothing more will come. */
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
  /** Undefined if the message is not about a leg of this kind. */
  newsIn(message: ControlMessage): LegNews<Record, Reason> | undefined;
  /** The record as it may be told on. */
  tellable(record: Record): Record;
  /** The record has changed in a way that the engine may have to know for its legs too. */
  changed?(leg: ImportLeg<Numbers>, record: Record): void;
  /** Another leg feeds this node from now on. */
  moved?(leg: ImportLeg<Numbers>, record: Record): void;
  /** A leg can be used before it has delivered anything, because it will deliver what was missed until then. */
  readonly resumes: boolean;
  /**
   * Messages sent before a publication ended may arrive after the news of its end; the engine reports when a leg has
   * delivered all of them.
   */
  readonly endsByItself: boolean;
}

/** All publications known on this node; it tells sessions and relays what happens to each. */
export interface RelayedDirectory<Record, Reason> {
  recordOf(publicationId: string): Record | undefined;
  /** @param how not `takesName`: the record may be old, and leaves a name with its known holder */
  put(record: Record, how: { readonly takesName: boolean }): void;
  /** The publication now has its name, even if another one was known to have it. */
  confirmName(publicationId: string): void;
  remove(publicationId: string, reason: Reason): void;
  /** Removes one that is not followed here. */
  forget(publicationId: string): void;
  isFollowed(publicationId: string): boolean;
}
