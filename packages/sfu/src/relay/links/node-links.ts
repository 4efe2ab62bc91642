/** Keeps one link to each other live node in the node directory. */
import type { EngineEvent } from '@causeway/media';
import type { CancelTimer, Clock } from '../../clock.ts';
import type { LinkTrust, NodeDirectory, NodeGoneReason, NodeRecord } from '../../nodes/index.ts';
import type { Shard } from '../../shard.ts';
import type { LinkListener } from './link-state.ts';
import { NodeLink } from './node-link.ts';

const PULSE_MS = 1000;
/** The pulses of this many links delay media by about two milliseconds at each end. With more links, a pulse is divided into strokes. */
const LINKS_IN_A_STROKE = 24;
const MAX_STROKES = 20;
/** A timer may fire this much early. */
const EARLY_MS = 2;

export interface NodeLinksOptions {
  readonly shard: Shard;
  readonly nodes: NodeDirectory;
  readonly trust: LinkTrust;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly listener: LinkListener<NodeLink>;
  /** A node is gone for good, or it has left the directory and its link is down as well. Its link is closed. */
  readonly onNodeLost: (record: NodeRecord) => void;
  /** Called once a second, after the links have sent their pulses. */
  readonly onPulse: () => void;
}

export class NodeLinks {
  readonly #options: NodeLinksOptions;
  readonly #byNode = new Map<number, NodeLink>();
  /** Nodes whose lease lapsed while their link was up. */
  readonly #doubtful = new Set<number>();
  #cancelPulse: CancelTimer | undefined = undefined;
  /** The stroke that is next, from 0. */
  #stroke = 0;
  #pulseDueAtMs: number;
  #unwatch: (() => void) | undefined = undefined;
  /** Whether a loss was reported since the last pulse. */
  #hasNotedLoss = false;

  constructor(options: NodeLinksOptions) {
    this.#options = options;
    this.#pulseDueAtMs = options.clock.nowMs();
  }

  /** Connects to all known nodes, and to new ones as they appear. */
  open(): void {
    const { nodes } = this.#options;
    this.#unwatch = nodes.watch({
      onNodePut: (record) => this.#put(record),
      onNodeGone: (record, why) => this.#remove(record, why),
    });
    for (const record of nodes.others) this.#put(record);
    this.#schedulePulse();
  }

  close(): void {
    this.#unwatch?.();
    this.#cancelPulse?.();
    for (const link of this.all) link.close('shutting-down');
    this.#byNode.clear();
  }

  get all(): readonly NodeLink[] {
    return [...this.#byNode.values()];
  }

  /** @returns the link to a node, in any state; undefined if the node is unknown */
  find(nodeNo: number): NodeLink | undefined {
    return this.#byNode.get(nodeNo);
  }

  /** @returns whether the event was about a link, and so concerns only this class */
  handleEvent(event: EngineEvent): boolean {
    if (!('transportId' in event) || !event.transportId?.startsWith('link-')) return false;
    if (event.type === 'transport-closed' && event.reason === 'internal_error') this.#noteLoss(event.transportId);
    const link = this.#byNode.get(nodeNoOfTransport(event.transportId));
    if (link?.transportId === event.transportId) link.handleEvent(event);
    return true;
  }

  /** Called when a link has gone down. If its node's lease has already lapsed, the link is dropped. */
  settleDoubts(nodeNo: number): void {
    if (!this.#doubtful.has(nodeNo)) return;
    const link = this.#byNode.get(nodeNo);
    if (link !== undefined && !link.isUp) this.#drop(link);
  }

  #put(record: NodeRecord): void {
    const known = this.#byNode.get(record.nodeNo);
    this.#doubtful.delete(record.nodeNo);
    if (known === undefined || known.peer.epoch < record.epoch) this.#begin(record, known);
    else if (known.peer.epoch === record.epoch) known.update(record);
  }

  #begin(record: NodeRecord, formerLife: NodeLink | undefined): void {
    if (formerLife !== undefined) this.#drop(formerLife);
    const { shard, trust, clock, random, listener, nodes } = this.#options;
    const link = new NodeLink(record, { shard, self: nodes.self, trust, clock, random, listener });
    this.#byNode.set(record.nodeNo, link);
    link.open();
  }

  #remove(record: NodeRecord, why: NodeGoneReason): void {
    const link = this.#byNode.get(record.nodeNo);
    if (link === undefined || link.peer.epoch !== record.epoch) return;
    // A node that only Redis has lost still sends media; its link shows when the node is gone.
    if (why === 'lease-ended' && link.isUp) this.#doubtful.add(record.nodeNo);
    else this.#drop(link);
  }

  #drop(link: NodeLink): void {
    this.#doubtful.delete(link.peer.nodeNo);
    this.#byNode.delete(link.peer.nodeNo);
    link.close('node-gone');
    this.#options.onNodeLost(link.peer);
  }

  /** The thread behind the links crashed without notice, so the other ends would wait on dead links for seconds. */
  #noteLoss(transportId: string): void {
    const { nodes } = this.#options;
    const wasThere = this.all.some((link) => link.transportId === transportId && link.isEstablished);
    // All links of the thread fail at once, so one report suffices.
    if (!wasThere || this.#hasNotedLoss) return;
    this.#hasNotedLoss = true;
    nodes.announce({ linkLosses: (nodes.self.linkLosses ?? 0) + 1 });
  }

  /**
   * Pulses follow the wall clock, so that those of all nodes arrive together. A node that is woken for each of them separately uses twice
   * as much CPU when idle. Nothing else depends on the nodes' clocks.
   */
  #schedulePulse(): void {
    const { clock } = this.#options;
    const strokes = Math.min(MAX_STROKES, Math.max(1, Math.ceil(this.#byNode.size / LINKS_IN_A_STROKE)));
    this.#stroke = (this.#stroke + 1) % strokes;
    const wantedMs = (this.#stroke * PULSE_MS) / strokes;
    const aheadMs = (((wantedMs - clock.wallClockMs() - EARLY_MS) % PULSE_MS) + PULSE_MS) % PULSE_MS;
    const delayMs = aheadMs + EARLY_MS;
    this.#pulseDueAtMs = clock.nowMs() + delayMs;
    this.#cancelPulse = clock.schedule(delayMs, () => this.#pulse(strokes));
  }

  #pulse(strokes: number): void {
    const standstillMs = this.#options.clock.nowMs() - this.#pulseDueAtMs;
    const { self } = this.#options.nodes;
    for (const link of this.all) {
      if (standstillMs > PULSE_MS) link.forgive(standstillMs);
      if ((link.peer.nodeNo + self.nodeNo) % strokes === this.#stroke) link.pulse();
    }
    if (this.#stroke === 0) {
      this.#hasNotedLoss = false;
      this.#options.onPulse();
    }
    this.#schedulePulse();
  }
}

/** Extracts the other node's number from the id that `NodeLink` gives its transports. */
function nodeNoOfTransport(transportId: string): number {
  return Number.parseInt(transportId.slice('link-'.length), 10);
}
