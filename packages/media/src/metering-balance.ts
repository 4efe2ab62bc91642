/**
 * What was sent, counted in independent ways: by subscriptions for billing, on the wire (`TrafficCounters`), and in the reports of
 * receivers. A defect of the metering shows as a difference.
 */
import type { ReportVerdict } from './subscriber/stream-reports.ts';

/** Counts since the engine began. */
export interface MeteringBalance {
  /** Packets that subscriptions of clients and of other nodes have counted, each once. */
  readonly countedPackets: number;
  /** Retransmissions that they have counted. */
  readonly repeatedPackets: number;
  /** RTP bytes that accounts were charged for: `down`, `relay` and `retransmitted`. */
  readonly chargedBytes: number;
  /** Subscriptions of which enough was sent, and reported, to be judged. */
  readonly judgedSubscriptions: number;
  /** Those of them whose receivers report other numbers than were counted. */
  readonly deviatingSubscriptions: number;
}

/** The parts of a subscription that the counts are made from. */
export interface BalancedSubscription {
  readonly transport: { readonly isInProcess: boolean };
  readonly packetsSent: number;
  readonly packetsResent: number;
  readonly reportVerdict: ReportVerdict;
}

type Counts = { -readonly [Count in Exclude<keyof MeteringBalance, 'chargedBytes'>]: number };

/** Adds up the live subscriptions when it is asked, and every other one when it ends. Nothing is counted per packet. */
export class BalanceTally {
  readonly #ended: Counts = { countedPackets: 0, repeatedPackets: 0, judgedSubscriptions: 0, deviatingSubscriptions: 0 };

  noteEnd(subscription: BalancedSubscription): void {
    addTo(this.#ended, subscription);
  }

  /** @param live the subscriptions that have not ended */
  read(live: Iterable<BalancedSubscription>, chargedBytes: number): MeteringBalance {
    const counts = { ...this.#ended };
    for (const subscription of live) addTo(counts, subscription);
    return { ...counts, chargedBytes };
  }
}

/** Adds a subscription to the counts, unless its packets only cross between threads, which puts them on no wire. */
function addTo(counts: Counts, { transport, packetsSent, packetsResent, reportVerdict }: BalancedSubscription): void {
  if (transport.isInProcess) return;
  counts.countedPackets += packetsSent;
  counts.repeatedPackets += packetsResent;
  if (reportVerdict !== 'unjudged') counts.judgedSubscriptions++;
  if (reportVerdict === 'deviates') counts.deviatingSubscriptions++;
}
