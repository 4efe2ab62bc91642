/** Link states as messages: a complete state, or its changes. Loss and price are sent in thousandths. */
import type { LinkStateMessage, LinksChangedMessage, ToldLink } from '../links/control-messages.ts';
import type { LinkQuality } from './link-quality.ts';
import type { LinkStateChange, NodeLinkState } from './link-state-table.ts';

const THOUSANDTHS = 1000;
/** One more than the largest value that a message may have; together they give each quality a number of its own. */
const [LOSS_STEPS, PRICE_STEPS] = [1_001, 1_000_001];
const MAX_SHARED_QUALITIES = 10_000;
const qualities = new Map<number, LinkQuality>();

/** @returns the value as other nodes will read it */
export function roundToThousandths(value: number): number {
  return inThousandths(value) / THOUSANDTHS;
}

/** States never change, so each becomes one message, which is encoded once however many neighbours get it. */
const whole = new WeakMap<NodeLinkState, LinkStateMessage>();

export function wholeStateMessage(state: NodeLinkState): LinkStateMessage {
  const known = whole.get(state);
  if (known !== undefined) return known;
  const { nodeNo, epoch, revision, isDraining, links } = state;
  const told = [...links].map(([to, quality]) => toldLink(to, quality));
  const message: LinkStateMessage = { type: 'link-state', origin: nodeNo, epoch, revision, isDraining, links: told };
  whole.set(state, message);
  return message;
}

export function stateOf({ origin, epoch, revision, isDraining, links }: LinkStateMessage): NodeLinkState {
  return { nodeNo: origin, epoch, revision, isDraining, links: new Map(links.map(linkEntry)) };
}

/**
 * @param since the revision that every receiver has or exceeds
 * @param touched the ends of all links that have changed since then, even if they have changed back
 */
export function changesMessage(state: NodeLinkState, since: number, touched: Iterable<number>): LinksChangedMessage {
  const changed: ToldLink[] = [];
  const gone: number[] = [];
  for (const to of touched) {
    const quality = state.links.get(to);
    if (quality === undefined) gone.push(to);
    else changed.push(toldLink(to, quality));
  }
  const { nodeNo: origin, epoch, revision, isDraining } = state;
  return { type: 'links-changed', origin, epoch, revision, since, isDraining, changed, gone };
}

export function changeOf({ epoch, revision, since, isDraining, changed, gone }: LinksChangedMessage): LinkStateChange {
  return { epoch, revision, since, isDraining, changed: changed.map(linkEntry), gone };
}

function toldLink(to: number, { rttMs, lossRatio, pricePerGb }: LinkQuality): ToldLink {
  return [to, rttMs, inThousandths(lossRatio), inThousandths(pricePerGb)];
}

function linkEntry([to, rttMs, loss, price]: ToldLink): [number, LinkQuality] {
  return [to, sharedQuality(rttMs, loss, price)];
}

/** The map of a large cluster has tens of thousands of links, and few different qualities. */
function sharedQuality(rttMs: number, loss: number, price: number): LinkQuality {
  const key = (rttMs * LOSS_STEPS + loss) * PRICE_STEPS + price;
  const known = qualities.get(key);
  if (known !== undefined) return known;
  if (qualities.size >= MAX_SHARED_QUALITIES) qualities.clear();
  const quality: LinkQuality = { rttMs, lossRatio: loss / THOUSANDTHS, pricePerGb: price / THOUSANDTHS };
  qualities.set(key, quality);
  return quality;
}

function inThousandths(value: number): number {
  return Math.round(value * THOUSANDTHS);
}
