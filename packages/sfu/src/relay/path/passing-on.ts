/**
 * Passes other nodes' link states on. A node informs its own neighbours itself, so only nodes that it cannot reach must
 * learn its state from others, and one of those is enough.
 */
import type { CancelTimer, Clock } from '../../clock.ts';
import { LINK_CHANGES_VERSION, type LinkStateMessage, type LinksChangedMessage } from '../links/control-messages.ts';
import type { NodeLink } from '../links/node-link.ts';
import type { LinkStateTable } from './link-state-table.ts';
import { AFTER_LINK_UP_MS } from './missing-links.ts';
import { rendezvous } from './rendezvous.ts';
import { wholeStateMessage } from './told-links.ts';

/** States that are due within this time are passed on together: when a node starts, all others report a new link within a second. */
const TOGETHER_MS = 50;

export interface PassingOnOptions {
  readonly selfNo: number;
  readonly table: LinkStateTable;
  readonly links: () => readonly NodeLink[];
  readonly clock: Clock;
}

type OriginMessage = LinkStateMessage | LinksChangedMessage;

interface Waiting {
  readonly heardFrom: number;
  readonly message: OriginMessage;
  readonly dueAtMs: number;
}

export class PassingOn {
  readonly #options: PassingOnOptions;
  /** States by origin. */
  readonly #waiting = new Map<number, Waiting>();
  #dueAtMs = Number.POSITIVE_INFINITY;
  #cancelTimer: CancelTimer | undefined = undefined;

  constructor(options: PassingOnOptions) {
    this.#options = options;
  }

  /**
   * Passes on a state that the table has accepted from a neighbour, after a delay, in which a node that has just
   * started connects to more neighbours.
   *
   * @param message as it was received
   */
  note({ peer }: NodeLink, message: OriginMessage, holdMs: number): void {
    const dueAtMs = this.#options.clock.nowMs() + holdMs;
    const before = this.#waiting.get(message.origin);
    this.#waiting.set(message.origin, {
      heardFrom: peer.nodeNo,
      message,
      dueAtMs: Math.min(dueAtMs, before?.dueAtMs ?? dueAtMs),
    });
    this.#wakeAt(dueAtMs);
  }

  close(): void {
    this.#cancelTimer?.();
    this.#waiting.clear();
  }

  #wakeAt(dueAtMs: number): void {
    if (dueAtMs >= this.#dueAtMs) return;
    const { clock } = this.#options;
    this.#cancelTimer?.();
    this.#dueAtMs = dueAtMs;
    this.#cancelTimer = clock.schedule(dueAtMs - clock.nowMs(), () => this.#passOnDue());
  }

  #passOnDue(): void {
    this.#dueAtMs = Number.POSITIVE_INFINITY;
    const dueUntilMs = this.#options.clock.nowMs() + TOGETHER_MS;
    const told = this.#options.links().filter((link) => this.#isTold(link));
    for (const [origin, waiting] of this.#waiting) {
      if (waiting.dueAtMs > dueUntilMs) {
        this.#wakeAt(waiting.dueAtMs);
        continue;
      }
      this.#waiting.delete(origin);
      this.#passOn(waiting, told);
    }
  }

  /**
   * A node whose link has just come up has links to most others, or will have, and hears of them first-hand. It asks for
   * what it misses afterwards. A node of an older version does not ask.
   */
  #isTold({ state, version }: NodeLink): boolean {
    if (state.type !== 'up') return false;
    return version < LINK_CHANGES_VERSION || this.#options.clock.nowMs() - state.sinceMs >= AFTER_LINK_UP_MS;
  }

  #passOn({ heardFrom, message }: Waiting, told: readonly NodeLink[]): void {
    const { table } = this.#options;
    const state = table.find(message.origin);
    if (state === undefined) return;
    for (const link of told) {
      const { nodeNo } = link.peer;
      if (nodeNo === message.origin || nodeNo === heardFrom || state.links.has(nodeNo)) continue;
      if (!this.#isChosen(message.origin, heardFrom, nodeNo)) continue;
      link.send(link.version >= LINK_CHANGES_VERSION || message.type === 'link-state' ? message : wholeStateMessage(state));
    }
  }

  /**
   * All nodes that know the same links choose the same one to tell a node that is two links away from the origin. If
   * the map shows no common neighbour, all nodes pass the state on, which is wasteful but rare and safe.
   */
  #isChosen(origin: number, heardFrom: number, nodeNo: number): boolean {
    const { selfNo, table } = this.#options;
    const reached = table.find(origin)?.links;
    const around = table.find(nodeNo)?.links.keys() ?? [];
    const between = [...around].filter((each) => reached?.has(each) === true);
    if (between.length > 0) return rendezvous(`${origin} ${nodeNo}`, between) === selfNo;
    // The node that sent it informs its own neighbours.
    return table.find(heardFrom)?.links.has(nodeNo) !== true;
  }
}
