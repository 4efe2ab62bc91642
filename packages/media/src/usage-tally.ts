/**
 * Adds up how much each account is charged for. It reads the counters behind sender reports and statistics, and one of its own, from time
 * to time and finally when a track ends.
 */
import { RTP_FIXED_HEADER_LENGTH } from '@causeway/wire';

/** Bytes of RTP before SRTP, and payloads of data channels. RTCP, STUN, DTLS, SCTP, UDP and IP are not included. */
export interface CarriedBytes {
  /**
   * Sent to peers: payloads, the fixed header of each packet, and header extensions beyond `FREE_EXTENSION_BYTES`. Retransmissions are not
   * counted.
   */
  readonly down: number;
  /** Received from peers: whole packets without retransmissions. */
  readonly up: number;
  /** Like `down` and `data`, but sent over links to other nodes. */
  readonly relay: number;
  /** Retransmissions of lost packets to peers and over links; whole packets. */
  readonly retransmitted: number;
  /** Payloads of data channels sent to peers, once for each subscriber. SCTP and its retransmissions are not counted. */
  readonly data: number;
}

/** The kind of track; `data` is a data channel. */
export type CarriedKind = 'audio' | 'video' | 'data';

/** What one track or data channel carried for one peer. */
export interface UsagePart {
  /** The peer that sent or received it; undefined for a link. */
  readonly transportId: string | undefined;
  /** The name given in plans (`chargedAs`), or the id of the publication. Empty if the subscription was parked before it was read. */
  readonly track: string;
  readonly kind: CarriedKind;
  readonly bytes: CarriedBytes;
}

/** What was carried for one account. */
export interface AccountUsage {
  readonly account: string;
  /** The sum of all parts. */
  readonly bytes: CarriedBytes;
  readonly parts: readonly UsagePart[];
}

/** A peer, or a link, whose bytes are charged as `relay`. */
interface ChargedPeer {
  readonly id: string;
  readonly isLink: boolean;
}

interface ChargedPublisherPlan {
  readonly trackId: string;
  readonly kind: 'audio' | 'video';
  readonly chargedAs?: string | undefined;
  readonly copyOf?: string | undefined;
}

/** A publication whose packets are charged. */
export interface ChargedPublisher {
  readonly plan: ChargedPublisherPlan;
  readonly transport: { readonly id: string; readonly account: string | undefined };
  /** Whole RTP packets, without retransmissions. */
  readonly bytesReceived: number;
}

/** A subscription whose packets are charged. */
export interface ChargedSubscriber {
  readonly plan: {
    readonly account?: string | undefined;
    readonly kind: 'audio' | 'video';
    readonly chargedAs?: string | undefined;
    readonly sourceTrackId: string | undefined;
  };
  readonly source: { readonly plan: ChargedPublisherPlan } | undefined;
  readonly transport: { readonly id: string; readonly account: string | undefined; readonly isLink: boolean };
  readonly packetsSent: number;
  readonly payloadBytesSent: number;
  readonly chargedExtensionBytesSent: number;
  readonly bytesResent: number;
}

type Counts = { -readonly [Metric in keyof CarriedBytes]: number };

const METRICS = ['down', 'up', 'relay', 'retransmitted', 'data'] as const satisfies readonly (keyof CarriedBytes)[];
const NOTHING: CarriedBytes = { down: 0, up: 0, relay: 0, retransmitted: 0, data: 0 };

/** Counts by kind, transport and track. The maps are nested so that a lookup allocates nothing. */
type KindCounts = Map<CarriedKind, Map<string, Map<string, Counts>>>;

/** Stands for all links; no transport has this id. */
const LINKS = '';

export class UsageTally {
  /** Sums by account. */
  #sums = new Map<string, KindCounts>();
  /** What has been charged for each track so far. */
  readonly #charged = new WeakMap<ChargedPublisher | ChargedSubscriber, CarriedBytes>();
  #sentBytes = 0;

  /** RTP bytes that were sent to peers and over links, retransmissions included, and charged so far. */
  get chargedSentBytes(): number {
    return this.#sentBytes;
  }

  /**
   * Charges what a subscription has carried since the last call. Must also be called before its source changes, because the bytes are
   * charged to the present source.
   */
  countSubscriber(subscriber: ChargedSubscriber): void {
    const { plan, transport, packetsSent, payloadBytesSent, chargedExtensionBytesSent, bytesResent } = subscriber;
    const account = plan.account ?? transport.account;
    if (account === undefined) return;
    const sent = payloadBytesSent + chargedExtensionBytesSent + packetsSent * RTP_FIXED_HEADER_LENGTH;
    const soFar = { ...NOTHING, [transport.isLink ? 'relay' : 'down']: sent, retransmitted: bytesResent };
    this.#charge(subscriber, soFar, () => {
      const track = plan.chargedAs ?? nameOf(subscriber.source?.plan) ?? plan.sourceTrackId ?? '';
      return this.#countsOf(account, plan.kind, transport.isLink ? LINKS : transport.id, track);
    });
  }

  countPublisher(track: ChargedPublisher): void {
    const { plan, transport } = track;
    const { account } = transport;
    if (account === undefined) return;
    this.#charge(track, { ...NOTHING, up: track.bytesReceived }, () => {
      return this.#countsOf(account, plan.kind, transport.id, nameOf(plan) ?? plan.trackId);
    });
  }

  /** Charges payload bytes of a data channel that were sent to a peer or over a link. Called for each message. */
  countData(account: string, peer: ChargedPeer, track: string, sizeBytes: number): void {
    this.#countsOf(account, 'data', peer.isLink ? LINKS : peer.id, track)[peer.isLink ? 'relay' : 'data'] += sizeBytes;
  }

  /** Returns and resets what was counted since the last call, for accounts with any traffic. */
  take(): AccountUsage[] {
    const taken = Array.from(this.#sums, ([account, counts]) => {
      const parts = partsOf(counts);
      const bytes = { ...NOTHING };
      for (const part of parts) for (const metric of METRICS) bytes[metric] += part.bytes[metric];
      return { account, bytes, parts };
    });
    this.#sums = new Map();
    return taken;
  }

  /** @param countsOf returns the counts to add to; called only if there is something to add */
  #charge(track: ChargedPublisher | ChargedSubscriber, soFar: CarriedBytes, countsOf: () => Counts): void {
    const before = this.#charged.get(track) ?? NOTHING;
    // A packet that was dropped after it was charged lowers a count. Nothing more is charged until the count has caught up.
    if (METRICS.every((metric) => soFar[metric] <= before[metric])) return;
    const counts = countsOf();
    const charged: Counts = { ...before };
    for (const metric of METRICS) {
      charged[metric] = Math.max(before[metric], soFar[metric]);
      counts[metric] += charged[metric] - before[metric];
    }
    for (const metric of ['down', 'relay', 'retransmitted'] as const) this.#sentBytes += charged[metric] - before[metric];
    this.#charged.set(track, charged);
  }

  #countsOf(account: string, kind: CarriedKind, transportId: string, track: string): Counts {
    const known = this.#sums.get(account)?.get(kind)?.get(transportId)?.get(track);
    if (known !== undefined) return known;
    const counts = { ...NOTHING };
    const kinds: KindCounts = this.#sums.get(account) ?? new Map();
    const transports = kinds.get(kind) ?? new Map<string, Map<string, Counts>>();
    const tracks = transports.get(transportId) ?? new Map<string, Counts>();
    tracks.set(track, counts);
    transports.set(transportId, tracks);
    kinds.set(kind, transports);
    this.#sums.set(account, kinds);
    return counts;
  }
}

function nameOf(plan: ChargedPublisherPlan | undefined): string | undefined {
  return plan?.chargedAs ?? plan?.copyOf;
}

function partsOf(counts: KindCounts): UsagePart[] {
  const parts: UsagePart[] = [];
  for (const [kind, transports] of counts) {
    for (const [transportId, tracks] of transports) {
      for (const [track, bytes] of tracks) parts.push({ transportId: transportId === LINKS ? undefined : transportId, track, kind, bytes });
    }
  }
  return parts;
}
