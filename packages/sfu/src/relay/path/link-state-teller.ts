/**
 * Reports the state of this node's links to its neighbours, and passes on what they report. Only changes that can
 * affect a choice are reported, and they are delayed for a moment: when many nodes start together, each has many links
 * to report at once.
 */
import type { LinkStatistics } from '@causeway/media';
import type { CancelTimer, Clock } from '../../clock.ts';
import type { NodeDirectory } from '../../nodes/index.ts';
import {
  type ControlMessage,
  LINK_CHANGES_VERSION,
  type LinksChangedMessage,
  MAX_KNOWN_STATES,
  MAX_TOLD_LINKS,
} from '../links/control-messages.ts';
import type { NodeLink } from '../links/node-link.ts';
import { Hearsay, type Report } from './hearsay.ts';
import { isSameQuality, type LinkQuality, UNMEASURED_RTT_MS } from './link-quality.ts';
import type { LinkStateTable, NodeLinkState } from './link-state-table.ts';
import { PassingOn } from './passing-on.ts';
import { ReportBudget, type ReportRefusal } from './report-budget.ts';
import { changeOf, changesMessage, roundToThousandths, stateOf, wholeStateMessage } from './told-links.ts';

/** The price of sending from one region to another. */
export interface RelayPrice {
  readonly fromRegion: string;
  readonly toRegion: string;
  readonly pricePerGb: number;
}

/** A message about link states. */
export type LinkStateUpdate = Extract<ControlMessage, { readonly type: 'link-state' | 'links-changed' | 'link-states-known' }>;

const TOLD_RTT_RATIO = 0.2;
const TOLD_RTT_MS = 5;
const TOLD_LOSS_RATIO = 0.01;
const MIN_RTT_MS = 1;
const MAX_RTT_MS = 60_000;
const MAX_PRICE = 1000;

/** A lost link or a draining node moves other nodes' tracks, so it is reported as soon as its full extent is known here. */
const HOLD_LOSS_MS = 100;
/** A new link causes no harm while other nodes do not know it. */
const HOLD_GAIN_MS = 1000;
/** Round trips fluctuate while nodes are busy, and every report costs work on every node. */
const RTT_INTERVAL_MS = 10_000;
/**
 * Tracks leave a link that loses packets, and return when it recovers; they also avoid a link whose first round trips
 * were measured while both nodes were starting. Both are corrected quickly.
 */
const URGENT_INTERVAL_MS = 900;
/** The minimum interval between two complete maps for one neighbour. */
const WHOLE_MAP_INTERVAL_MS = 5000;

export interface LinkStateTellerOptions {
  readonly nodes: NodeDirectory;
  readonly table: LinkStateTable;
  readonly links: () => readonly NodeLink[];
  readonly prices: readonly RelayPrice[];
  readonly clock: Clock;
  readonly onChanged: () => void;
  /** Called when this node first has more links than it can report. */
  readonly onUntold?: (links: number) => void;
}

type Change = 'none' | 'rtt' | 'shortest-rtt' | 'packet-loss' | 'link-won' | 'link-lost';

export class LinkStateTeller {
  readonly #options: LinkStateTellerOptions;
  readonly #passingOn: PassingOn;
  readonly #hearsay: Hearsay;
  readonly #budget: ReportBudget;
  #measured = new Map<string, LinkStatistics>();
  #revision = 0;
  /** The revision that every neighbour has or exceeds. */
  #toldRevision = 0;
  /** Other ends of the links that have changed since then. */
  readonly #touched = new Set<number>();
  #changedAtMs = Number.NEGATIVE_INFINITY;
  #tellAtMs = Number.POSITIVE_INFINITY;
  #cancelTelling: CancelTimer | undefined = undefined;
  /** An unreported change affects routes of other nodes. */
  #isUrgent = false;
  /** The last revision of its own state that this node has written on each link. */
  readonly #written = new WeakMap<NodeLink, number>();
  readonly #wholeMapDueAtMs = new WeakMap<NodeLink, number>();
  /** The shortest round trip reported for each link while it has been up. A fluctuating round trip falls below it only once. */
  readonly #shortestToldMs = new Map<number, number>();
  #hasUntold = false;

  constructor(options: LinkStateTellerOptions) {
    this.#options = options;
    const { nodes, table, links, clock } = options;
    this.#hearsay = new Hearsay(links);
    this.#budget = new ReportBudget(clock);
    this.#passingOn = new PassingOn({ selfNo: nodes.self.nodeNo, table, links, clock });
  }

  /** How many reports of neighbours had no effect, by the reason. */
  get refused(): Readonly<Record<ReportRefusal, number>> {
    return this.#budget.refused;
  }

  /** Called about once a second. */
  noteMeasurements(statistics: readonly LinkStatistics[]): void {
    this.#measured = new Map(statistics.map((each) => [each.transportId, each]));
    this.noteLinks();
  }

  /** Called whenever a link goes down or falls silent, and when the node begins to drain. */
  noteLinks(): void {
    for (const { link, message } of this.#hearsay.release()) this.#take(link, message);
    const { nodes, table, clock } = this.#options;
    const { nodeNo, epoch, state } = nodes.self;
    const links = this.#ownLinks();
    const known = table.find(nodeNo);
    const isDraining = state === 'draining';
    const change = known === undefined ? 'link-won' : this.#compare(known, isDraining, links);
    if (change === 'none') return;
    const sinceMs = clock.nowMs() - this.#changedAtMs;
    if (sinceMs < minIntervalMs(change)) return;
    this.#changedAtMs = clock.nowMs();
    this.#noteShortest(links);
    for (const to of touchedBetween(known?.links ?? new Map(), links)) this.#touched.add(to);
    table.put({ nodeNo, epoch, revision: ++this.#revision, isDraining, links });
    const isUrgent = change === 'link-lost' || change === 'packet-loss';
    this.#isUrgent ||= isUrgent;
    this.#tellWithin(isUrgent ? HOLD_LOSS_MS : HOLD_GAIN_MS);
    this.#options.onChanged();
  }

  /**
   * Call before asking a neighbour for a track. The neighbour decides by its link states whether this node gets it, so
   * it must know which links this node has just lost.
   */
  tellBeforeAsking(link: NodeLink): void {
    const own = this.#options.table.find(this.#options.nodes.self.nodeNo);
    if (this.#isUrgent && link.isUp && own !== undefined) this.#write(link, own, changesMessage(own, this.#toldRevision, this.#touched));
  }

  /**
   * Links have come up or recovered. Their other ends are informed now, since a link counts only if both ends report it.
   * A node of an older version receives the complete map.
   */
  greet(links: readonly NodeLink[]): void {
    this.noteLinks();
    const own = this.#options.table.find(this.#options.nodes.self.nodeNo);
    for (const link of links) this.#greet(link, own);
  }

  handleMessage(link: NodeLink, message: LinkStateUpdate): void {
    if (!this.#budget.admit(link)) return;
    if (message.type === 'link-states-known') this.#answer(link, message);
    // If this node's own state comes back, it is from a former life or was passed around.
    else if (message.origin !== this.#options.nodes.self.nodeNo) this.#take(link, message);
  }

  /** A node is gone for good. */
  forget(nodeNo: number): void {
    this.#hearsay.forget(nodeNo);
    this.#options.table.remove(nodeNo);
  }

  close(): void {
    this.#cancelTelling?.();
    this.#passingOn.close();
  }

  #greet(link: NodeLink, own: NodeLinkState | undefined): void {
    if (own !== undefined && link.send(wholeStateMessage(own))) this.#written.set(link, own.revision);
    if (link.version >= LINK_CHANGES_VERSION) return;
    for (const state of this.#options.table.all) if (state !== own) link.send(wholeStateMessage(state));
  }

  #take(link: NodeLink, message: Report): void {
    const { table } = this.#options;
    const { refused } = this.#budget;
    const { origin } = message;
    if (this.#hearsay.withhold(link, message)) {
      refused.withheld++;
      return;
    }
    const known = table.find(origin);
    if (known === undefined && table.size >= MAX_KNOWN_STATES && !this.#makeRoomFor(origin)) {
      refused.table_full++;
      return;
    }
    const isCorrection = origin === link.peer.nodeNo && this.#hearsay.isBelieved(origin);
    if (!isCorrection && known !== undefined && isAsNew(known, message)) return;
    if (!this.#apply(message, isCorrection)) {
      const { epoch = -1, revision = 0 } = isCorrection ? {} : (known ?? {});
      link.send({ type: 'link-states-known', known: [[origin, epoch, revision]], isAll: false });
      return;
    }
    this.#hearsay.noteTaken(link, message);
    const isLoss = message.type === 'links-changed' && (message.gone.length > 0 || message.isDraining);
    this.#passingOn.note(link, message, isLoss ? HOLD_LOSS_MS : HOLD_GAIN_MS);
    this.#options.onChanged();
  }

  /** A neighbour may have invented nodes until the table was full. They make room for those that exist. */
  #makeRoomFor(origin: number): boolean {
    const { nodes, table, links } = this.#options;
    const real = new Set([nodes.self, ...nodes.others, ...links().map(({ peer }) => peer)].map(({ nodeNo }) => nodeNo));
    const exists = (nodeNo: number) => real.has(nodeNo);
    const invented = exists(origin) ? table.all.find(({ nodeNo }) => !exists(nodeNo)) : undefined;
    if (invented !== undefined) this.forget(invented.nodeNo);
    return invented !== undefined;
  }

  /** @returns false if the complete state is needed */
  #apply(message: Report, isCorrection: boolean): boolean {
    const { table } = this.#options;
    if (message.type === 'links-changed') return !isCorrection && table.change(message.origin, changeOf(message));
    if (!isCorrection) return table.put(stateOf(message));
    table.replace(stateOf(message));
    return true;
  }

  #answer(link: NodeLink, { known, isAll }: Extract<LinkStateUpdate, { type: 'link-states-known' }>): void {
    const { table, clock } = this.#options;
    const theirs = new Map(known.map(([nodeNo, epoch, revision]) => [nodeNo, { epoch, revision }]));
    if (isAll) {
      if (clock.nowMs() < (this.#wholeMapDueAtMs.get(link) ?? 0)) return;
      this.#wholeMapDueAtMs.set(link, clock.nowMs() + WHOLE_MAP_INTERVAL_MS);
    }
    for (const state of table.all) {
      const there = theirs.get(state.nodeNo);
      const isNewer =
        there === undefined ? isAll : there.epoch < state.epoch || (there.epoch === state.epoch && there.revision < state.revision);
      if (!isNewer || state.nodeNo === link.peer.nodeNo) continue;
      if (!this.#budget.admit(link)) return;
      link.send(wholeStateMessage(state));
    }
  }

  #tellWithin(holdMs: number): void {
    const { clock } = this.#options;
    const tellAtMs = clock.nowMs() + holdMs;
    if (tellAtMs >= this.#tellAtMs) return;
    this.#cancelTelling?.();
    this.#tellAtMs = tellAtMs;
    this.#cancelTelling = clock.schedule(holdMs, () => this.#tell());
  }

  #tell(): void {
    this.#tellAtMs = Number.POSITIVE_INFINITY;
    const { nodes, table } = this.#options;
    const own = table.find(nodes.self.nodeNo);
    if (own === undefined) return;
    const changes = changesMessage(own, this.#toldRevision, this.#touched);
    for (const link of this.#up()) this.#write(link, own, changes);
    this.#toldRevision = own.revision;
    this.#touched.clear();
    this.#isUrgent = false;
  }

  #write(link: NodeLink, own: NodeLinkState, changes: LinksChangedMessage): void {
    if (this.#written.get(link) === own.revision) return;
    // `send` refuses changes that are longer than the complete state.
    const isTold = (link.version >= LINK_CHANGES_VERSION && link.send(changes)) || link.send(wholeStateMessage(own));
    if (isTold) this.#written.set(link, own.revision);
  }

  #up(): readonly NodeLink[] {
    return this.#options.links().filter(({ isUp }) => isUp);
  }

  #compare(known: NodeLinkState, isDraining: boolean, links: ReadonlyMap<number, LinkQuality>): Change {
    if (isDraining !== known.isDraining || [...known.links.keys()].some((to) => !links.has(to))) return 'link-lost';
    let change: Change = 'none';
    for (const [to, quality] of links) {
      const before = known.links.get(to);
      if (before === undefined || (before.rttMs === UNMEASURED_RTT_MS && quality.rttMs !== UNMEASURED_RTT_MS)) return 'link-won';
      if (isOtherLoss(before, quality)) change = 'packet-loss';
      else if (change !== 'packet-loss' && isOtherRtt(before, quality)) {
        if (quality.rttMs < (this.#shortestToldMs.get(to) ?? 0)) change = 'shortest-rtt';
        else if (change === 'none') change = 'rtt';
      }
    }
    return change;
  }

  #noteShortest(links: ReadonlyMap<number, LinkQuality>): void {
    for (const to of this.#shortestToldMs.keys()) if (!links.has(to)) this.#shortestToldMs.delete(to);
    for (const [to, { rttMs }] of links) {
      if (rttMs === UNMEASURED_RTT_MS) continue;
      this.#shortestToldMs.set(to, Math.min(this.#shortestToldMs.get(to) ?? rttMs, rttMs));
    }
  }

  /** Leaves out the highest node numbers if there are too many: a state that cannot be sent would cut this node off from all others. */
  #ownLinks(): ReadonlyMap<number, LinkQuality> {
    const up = this.#up();
    const isTooMany = up.length > MAX_TOLD_LINKS;
    if (isTooMany && !this.#hasUntold) this.#options.onUntold?.(up.length);
    this.#hasUntold = isTooMany;
    const told = isTooMany ? up.toSorted((one, other) => one.peer.nodeNo - other.peer.nodeNo).slice(0, MAX_TOLD_LINKS) : up;
    return new Map(told.map((link) => [link.peer.nodeNo, this.#qualityOf(link)]));
  }

  #qualityOf({ transportId, peer }: NodeLink): LinkQuality {
    const measured = this.#measured.get(transportId ?? '');
    const { region } = this.#options.nodes.self;
    const price = this.#options.prices.find(({ fromRegion, toRegion }) => fromRegion === region && toRegion === peer.region);
    // Rounded to the values that other nodes will read, so that all nodes calculate with the same numbers.
    return {
      rttMs: measured === undefined ? UNMEASURED_RTT_MS : Math.max(MIN_RTT_MS, Math.round(Math.min(MAX_RTT_MS, measured.rttMs))),
      lossRatio: roundToThousandths(Math.min(1, measured?.lossRatio ?? 0)),
      pricePerGb: roundToThousandths(Math.min(MAX_PRICE, price?.pricePerGb ?? 0)),
    };
  }
}

function minIntervalMs(change: Change): number {
  if (change === 'rtt') return RTT_INTERVAL_MS;
  return change === 'packet-loss' || change === 'shortest-rtt' ? URGENT_INTERVAL_MS : 0;
}

function touchedBetween(before: ReadonlyMap<number, LinkQuality>, now: ReadonlyMap<number, LinkQuality>): readonly number[] {
  const gone = [...before.keys()].filter((to) => !now.has(to));
  const changed = [...now].flatMap(([to, quality]) => (isSameQuality(before.get(to), quality) ? [] : [to]));
  return [...gone, ...changed];
}

function isOtherLoss(before: LinkQuality, now: LinkQuality): boolean {
  return Math.abs(before.lossRatio - now.lossRatio) > TOLD_LOSS_RATIO;
}

function isOtherRtt(before: LinkQuality, now: LinkQuality): boolean {
  const changeMs = Math.abs(before.rttMs - now.rttMs);
  return changeMs > Math.max(TOLD_RTT_MS, before.rttMs * TOLD_RTT_RATIO) || before.pricePerGb !== now.pricePerGb;
}

function isAsNew(known: NodeLinkState, { epoch, revision }: Report): boolean {
  return known.epoch > epoch || (known.epoch === epoch && known.revision >= revision);
}
