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

/** What a session of this node wants from a publication. */
export interface RelayedPlan {
  readonly subscriptionId: string;
}

/** How a leg ends, according to its neighbour. */
export type LegEnd<Reason> =
  /** The publication has ended. */
  | { readonly type: 'closed'; readonly reason: Reason }
  /** The neighbour cannot send everything that it must, so nothing more arrives. */
  | { readonly type: 'overflow' };

/** What the neighbour reports about a leg. */
export type LegNews<Record, Reason> =
  /** @param route the route of its own copy */
  | { readonly type: 'accepted'; readonly record: Record; readonly route: readonly number[] }
  | { readonly type: 'changed'; readonly record: Record }
  | LegEnd<Reason>;

/** @typeParam Numbers the numbers that identify a leg on a link */
export interface RelayedKind<Record extends RelayedRecord, Plan extends RelayedPlan, Numbers, Reason> {
  /** @returns undefined if this link cannot carry the publication */
  numbersFor(record: Record, link: NodeLink): Numbers | undefined;
  /** Makes a leg known to the engine, before it is requested. */
  put(leg: ImportLeg<Numbers>, record: Record): void;
  /** @returns false if the neighbour cannot be asked */
  ask(leg: ImportLeg<Numbers>, record: Record, demand: LayerDemand): boolean;
  /** Ends a leg. @param isInEngine false if the engine has already lost it */
  end(leg: ImportLeg<Numbers>, isInEngine: boolean): void;
  /** Gives a subscriber of this node another source, or none for the time being. */
  feed(plan: Plan, leg: ImportLeg<Numbers> | undefined): void;
  /** @param short ids of the subscriptions whose path does not carry the best layer */
  demandOf(plans: Iterable<Plan>, short: ReadonlySet<string>, record: Record): LayerDemand;
  /** Describes the properties that the numbers of a leg depend on. */
  descriptionOf(record: Record): string;
  /** @returns undefined if the message is not about a leg of this kind */
  newsIn(message: ControlMessage): LegNews<Record, Reason> | undefined;
  /** Returns the record in the form that may be sent to other nodes. */
  tellable(record: Record): Record;
  /** The record has changed in a way that may concern the engine's legs. */
  changed?(leg: ImportLeg<Numbers>, record: Record): void;
  /** Another leg now feeds this node. */
  moved?(leg: ImportLeg<Numbers>, record: Record): void;
  /** Whether a leg can be used before it has delivered anything, because it will deliver what was missed. */
  readonly resumes: boolean;
  /**
   * Messages sent before a publication ended may arrive after the news of its end; the engine reports when a leg has
   * delivered all of them.
   */
  readonly endsByItself: boolean;
}

/** All publications known on this node. It notifies sessions and relays of the events of each. */
export interface RelayedDirectory<Record, Reason> {
  recordOf(publicationId: string): Record | undefined;
  /** @param how not `takesName`: the record may be old, and leaves a name with its known holder */
  put(record: Record, how: { readonly takesName: boolean }): void;
  /** The publication now has its name, even if another one was known to have it. */
  confirmName(publicationId: string): void;
  remove(publicationId: string, reason: Reason): void;
  /** Removes a publication that is not followed here. */
  forget(publicationId: string): void;
  isFollowed(publicationId: string): boolean;
}
