/**
 * Who is charged for how much. The tally reads the counters that sender reports and statistics are made of, and one of its own, now and then and
 * for the last time when a track ends.
 */
import { RTP_FIXED_HEADER_LENGTH } from '@causeway/wire';

/** Bytes of RTP before SRTP and payloads of data channels; no RTCP, STUN, DTLS or SCTP, no UDP and IP. */
export interface CarriedBytes {
  /** Sent to peers: payloads, the fixed header of each packet, and header extensions beyond `FREE_EXTENSION_BYTES`. Every packet once. */
  readonly down: number;
  /** Received from peers: whole packets, without those sent again. */
  readonly up: number;
  /** As `down` and `data`, sent over links to other nodes. */
  readonly relay: number;
  /** Whole packets that were sent again because they had been lost, to peers and over links. */
  readonly retransmitted: number;
  /** Payloads of data channels that were sent to peers, once for each subscriber; neither SCTP nor what is sent again. */
  readonly data: number;
}

/** What was carried for one account. */
export interface AccountUsage {
  readonly account: string;
  readonly bytes: CarriedBytes;
}

/** A publication whose packets are charged. */
export interface ChargedPublisher {
  readonly transport: { readonly account: string | undefined };
  /** Whole RTP packets, those sent again not counted. */
  readonly bytesReceived: number;
}

/** A subscription whose packets are charged. */
export interface ChargedSubscriber {
  readonly plan: { readonly account?: string | undefined };
  readonly transport: { readonly account: string | undefined; readonly isLink: boolean };
  readonly packetsSent: number;
  readonly payloadBytesSent: number;
  readonly chargedExtensionBytesSent: number;
  readonly bytesResent: number;
}

type Counts = { -readonly [Metric in keyof CarriedBytes]: number };

const METRICS = ['down', 'up', 'relay', 'retransmitted', 'data'] as const satisfies readonly (keyof CarriedBytes)[];
const NOTHING: CarriedBytes = { down: 0, up: 0, relay: 0, retransmitted: 0, data: 0 };

export class UsageTally {
  /** By account. */
  #sums = new Map<string, Counts>();
  /** What was charged of each track so far. */
  readonly #charged = new WeakMap<ChargedPublisher | ChargedSubscriber, CarriedBytes>();

  countSubscriber(subscriber: ChargedSubscriber): void {
    const { plan, transport, packetsSent, payloadBytesSent, chargedExtensionBytesSent, bytesResent } = subscriber;
    const account = plan.account ?? transport.account;
    if (account === undefined) return;
    const sent = payloadBytesSent + chargedExtensionBytesSent + packetsSent * RTP_FIXED_HEADER_LENGTH;
    const by = transport.isLink ? 'relay' : 'down';
    this.#charge(account, subscriber, { ...NOTHING, [by]: sent, retransmitted: bytesResent });
  }

  countPublisher(track: ChargedPublisher): void {
    const { account } = track.transport;
    if (account !== undefined) this.#charge(account, track, { ...NOTHING, up: track.bytesReceived });
  }

  /** Payload bytes of data channels that were sent to a peer, or over a link. */
  countData(account: string, sizeBytes: number, by: 'data' | 'relay'): void {
    this.#sumOf(account)[by] += sizeBytes;
  }

  /** What was counted since the last call, for accounts that anything was carried for. */
  take(): AccountUsage[] {
    const taken = Array.from(this.#sums, ([account, bytes]) => ({ account, bytes }));
    this.#sums = new Map();
    return taken;
  }

  #charge(account: string, track: ChargedPublisher | ChargedSubscriber, soFar: CarriedBytes): void {
    const before = this.#charged.get(track) ?? NOTHING;
    // What was dropped after it was charged takes a count back; nothing is charged until it has caught up.
    if (METRICS.every((metric) => soFar[metric] <= before[metric])) return;
    const sum = this.#sumOf(account);
    const charged: Counts = { ...before };
    for (const metric of METRICS) {
      charged[metric] = Math.max(before[metric], soFar[metric]);
      sum[metric] += charged[metric] - before[metric];
    }
    this.#charged.set(track, charged);
  }

  #sumOf(account: string): Counts {
    let sum = this.#sums.get(account);
    if (sum === undefined) {
      sum = { ...NOTHING };
      this.#sums.set(account, sum);
    }
    return sum;
  }
}
