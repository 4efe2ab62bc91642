import { ECN_CONGESTION_EXPERIENCED, ECN_NOT_CAPABLE } from '@causeway/wire';
import type { Bottleneck } from './bottleneck/index.ts';

const UDP_AND_IP_BYTES = 28;

/** What a link does to datagrams. Probabilities are per datagram, and delays are one way. */
export interface Impairment {
  readonly delayMs: number;
  /** Added to the delay, uniform in 0 … jitterMs. If it is large enough, it reorders datagrams. */
  readonly jitterMs: number;
  readonly lossProbability: number;
  readonly duplicateProbability: number;
}

export const CLEAN_LINK: Impairment = { delayMs: 10, jitterMs: 0, lossProbability: 0, duplicateProbability: 0 };

interface Flight {
  readonly arrivesMs: number;
  readonly order: number;
  readonly datagram: Uint8Array;
  readonly ecn: number;
}

/** Called with a datagram that arrives. @param ecn the ECN field (RFC 3168) that it arrives with. Default: not ECN-capable */
export type Deliver = (nowMs: number, datagram: Uint8Array, ecn?: number) => void;

/** One direction of a network path in virtual time. Datagrams go in, and come out later, twice, or never. */
export class VirtualLink {
  readonly #random: () => number;
  #flights: Flight[] = [];
  #order = 0;
  impairment: Impairment;
  /** Called with each datagram that arrives at the far end. */
  deliver: Deliver;
  /** Decides about single datagrams before chance does. Return true to lose one. */
  lose: (datagram: Uint8Array) => boolean = () => false;
  /** A bottleneck in front of the link, which may delay or lose datagrams. */
  bottleneck: Bottleneck | undefined = undefined;
  /** The ECN field of what is sent without one. */
  ecn = ECN_NOT_CAPABLE;
  /** What routers behind the bottleneck make of the field. */
  changeEcn: (ecn: number) => number = (ecn) => ecn;
  sent = 0;
  lost = 0;

  constructor(random: () => number, impairment: Impairment, deliver: Deliver) {
    this.#random = random;
    this.impairment = impairment;
    this.deliver = deliver;
  }

  /** Sends a copy of the bytes, so the sender may use its buffer again. */
  send(nowMs: number, datagram: Uint8Array, ecn = this.ecn): void {
    this.sent++;
    if (this.lose(datagram) || this.#random() < this.impairment.lossProbability) {
      this.lost++;
      return;
    }
    const arrivals = this.bottleneck?.take(nowMs, datagram.length + UDP_AND_IP_BYTES, ecn !== ECN_NOT_CAPABLE) ?? [nowMs];
    const arrivingEcn = this.changeEcn(this.bottleneck?.isMarked === true ? ECN_CONGESTION_EXPERIENCED : ecn);
    if (arrivals.length === 0) this.lost++;
    for (const leavesMs of arrivals) this.#launch(leavesMs, datagram, arrivingEcn);
    if (this.#random() < this.impairment.duplicateProbability) this.#launch(nowMs, datagram, arrivingEcn);
  }

  get nextArrivalMs(): number {
    return this.#flights.reduce((earliest, flight) => Math.min(earliest, flight.arrivesMs), Number.POSITIVE_INFINITY);
  }

  deliverDue(nowMs: number): void {
    const due = this.#flights.filter((flight) => flight.arrivesMs <= nowMs);
    this.#flights = this.#flights.filter((flight) => flight.arrivesMs > nowMs);
    due.sort((a, b) => a.arrivesMs - b.arrivesMs || a.order - b.order);
    for (const flight of due) this.deliver(nowMs, flight.datagram, flight.ecn);
  }

  #launch(nowMs: number, datagram: Uint8Array, ecn: number): void {
    const arrivesMs = nowMs + this.impairment.delayMs + this.impairment.jitterMs * this.#random();
    this.#flights.push({ arrivesMs, order: this.#order++, datagram: datagram.slice(), ecn });
  }
}
