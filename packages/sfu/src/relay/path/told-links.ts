/** Link states as messages: a complete state, or its changes. Loss and price are sent in thousandths. */
import type { LinkStateMessage, LinksChangedMessage, ToldLink } from '../links/control-messages.ts';
import type { LinkQuality } from './link-quality.ts';
import type { NodeLinkState } from './link-state-table.ts';

const THOUSANDTHS = 1000;

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

/** @returns undefined if the changes do not apply to `known`, because it is too old or from another life */
export function applyChanges(
  known: NodeLinkState | undefined,
  { epoch, revision, since, isDraining, changed, gone }: LinksChangedMessage,
): NodeLinkState | undefined {
  if (known === undefined || known.epoch !== epoch || known.revision < since) return undefined;
  const links = new Map(known.links);
  for (const to of gone) links.delete(to);
  for (const link of changed) links.set(...linkEntry(link));
  return { nodeNo: known.nodeNo, epoch, revision, isDraining, links };
}

function toldLink(to: number, { rttMs, lossRatio, pricePerGb }: LinkQuality): ToldLink {
  return [to, rttMs, inThousandths(lossRatio), inThousandths(pricePerGb)];
}

function linkEntry([to, rttMs, loss, price]: ToldLink): [number, LinkQuality] {
  return [to, { rttMs, lossRatio: loss / THOUSANDTHS, pricePerGb: price / THOUSANDTHS }];
}

function inThousandths(value: number): number {
  return Math.round(value * THOUSANDTHS);
}
