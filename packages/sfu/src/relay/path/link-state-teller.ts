/**
 * Tells the neighbours how this node's links are, and passes on what they tell of theirs. Only what changes a choice is told: a round trip that
 * moves by a millisecond concerns nobody.
 */
import type { LinkStatistics } from '@causeway/media';
import type { NodeDirectory } from '../../nodes/index.ts';
import type { LinkStateMessage } from '../links/control-messages.ts';
import type { NodeLink } from '../links/node-link.ts';
import { type LinkQuality, UNMEASURED_RTT_MS } from './link-quality.ts';
import type { LinkStateTable, NodeLinkState } from './link-state-table.ts';

/** What sending from one region to another costs. */
export interface RelayPrice {
  readonly fromRegion: string;
  readonly toRegion: string;
  readonly pricePerGb: number;
}

const TOLD_RTT_RATIO = 0.2;
const TOLD_RTT_MS = 5;
const TOLD_LOSS_RATIO = 0.01;
/** Loss and price go over the wire in thousandths. */
const THOUSANDTHS = 1000;
const MIN_RTT_MS = 1;
const MAX_RTT_MS = 60_000;
const MAX_PRICE = 1000;

export interface LinkStateTellerOptions {
  readonly nodes: NodeDirectory;
  readonly table: LinkStateTable;
  readonly links: () => readonly NodeLink[];
  readonly prices: readonly RelayPrice[];
  readonly onChanged: () => void;
}

export class LinkStateTeller {
  readonly #options: LinkStateTellerOptions;
  #measured = new Map<string, LinkStatistics>();
  #revision = 0;

  constructor(options: LinkStateTellerOptions) {
    this.#options = options;
  }

  /** To be called about once a second. */
  noteMeasurements(statistics: readonly LinkStatistics[]): void {
    this.#measured = new Map(statistics.map((each) => [each.transportId, each]));
    this.tell();
  }

  /** To be called whenever a link comes, goes, falls silent or is heard again. */
  tell(): void {
    const { nodes, table } = this.#options;
    const { nodeNo, epoch, state } = nodes.self;
    const now = { nodeNo, epoch, revision: this.#revision + 1, isDraining: state === 'draining', links: this.#ownLinks() };
    const told = table.find(nodeNo);
    if (told !== undefined && told.epoch === epoch && !isWorthTelling(told, now)) return;
    this.#revision++;
    table.put(now);
    this.#spread(now, undefined);
    this.#options.onChanged();
  }

  /** A link has just come up: its other end is told all that is known. */
  greet(link: NodeLink): void {
    for (const state of this.#options.table.all) link.send(messageOf(state));
  }

  handleMessage(link: NodeLink, message: LinkStateMessage): void {
    const { nodes, table } = this.#options;
    // A message of our own that comes back is from a former life, or has gone round.
    if (message.origin === nodes.self.nodeNo) return;
    const state = stateOf(message);
    if (!table.put(state)) return;
    this.#spread(state, link);
    this.#options.onChanged();
  }

  #spread(state: NodeLinkState, except: NodeLink | undefined): void {
    for (const link of this.#options.links()) if (link !== except && link.isUp) link.send(messageOf(state));
  }

  #ownLinks(): ReadonlyMap<number, LinkQuality> {
    const up = this.#options.links().filter(({ isUp }) => isUp);
    return new Map(up.map((link) => [link.peer.nodeNo, this.#qualityOf(link)]));
  }

  #qualityOf({ transportId, peer }: NodeLink): LinkQuality {
    const measured = this.#measured.get(transportId ?? '');
    const { region } = this.#options.nodes.self;
    const price = this.#options.prices.find(({ fromRegion, toRegion }) => fromRegion === region && toRegion === peer.region);
    // As the others will read it, so that all reckon with the same numbers.
    return {
      rttMs: measured === undefined ? UNMEASURED_RTT_MS : Math.max(MIN_RTT_MS, Math.round(Math.min(MAX_RTT_MS, measured.rttMs))),
      lossRatio: inThousandths(Math.min(1, measured?.lossRatio ?? 0)) / THOUSANDTHS,
      pricePerGb: inThousandths(Math.min(MAX_PRICE, price?.pricePerGb ?? 0)) / THOUSANDTHS,
    };
  }
}

function isWorthTelling(told: NodeLinkState, now: NodeLinkState): boolean {
  if (told.isDraining !== now.isDraining || told.links.size !== now.links.size) return true;
  return [...now.links].some(([nodeNo, quality]) => {
    const before = told.links.get(nodeNo);
    return before === undefined || isOtherQuality(before, quality);
  });
}

function isOtherQuality(before: LinkQuality, now: LinkQuality): boolean {
  const rttChangeMs = Math.abs(before.rttMs - now.rttMs);
  return (
    (before.rttMs === UNMEASURED_RTT_MS && now.rttMs !== UNMEASURED_RTT_MS) ||
    rttChangeMs > Math.max(TOLD_RTT_MS, before.rttMs * TOLD_RTT_RATIO) ||
    Math.abs(before.lossRatio - now.lossRatio) > TOLD_LOSS_RATIO ||
    before.pricePerGb !== now.pricePerGb
  );
}

function messageOf({ nodeNo, epoch, revision, isDraining, links }: NodeLinkState): LinkStateMessage {
  const told = [...links].map(([to, { rttMs, lossRatio, pricePerGb }]): LinkStateMessage['links'][number] => [
    to,
    rttMs,
    inThousandths(lossRatio),
    inThousandths(pricePerGb),
  ]);
  return { type: 'link-state', origin: nodeNo, epoch, revision, isDraining, links: told };
}

function stateOf({ origin, epoch, revision, isDraining, links }: LinkStateMessage): NodeLinkState {
  const told = links.map(
    ([to, rttMs, loss, price]) => [to, { rttMs, lossRatio: loss / THOUSANDTHS, pricePerGb: price / THOUSANDTHS }] as const,
  );
  return { nodeNo: origin, epoch, revision, isDraining, links: new Map(told) };
}

function inThousandths(value: number): number {
  return Math.round(value * THOUSANDTHS);
}
