/** Two DTLS associations over a link in virtual time, which may lose, delay, reorder, duplicate or alter datagrams. */
import { type CertificateFingerprint, type SecureCloseReason, Timers } from '@causeway/media';
import type { LocalCertificate } from '../../src/dtls/certificate.ts';
import { createDtlsCounters, DtlsAssociation, type DtlsListener } from '../../src/dtls/dtls-association.ts';
import type { SrtpKeyingMaterial } from '../../src/srtp/srtp-keys.ts';

export class DtlsEnd implements DtlsListener {
  keys: SrtpKeyingMaterial | undefined;
  closeReason: SecureCloseReason | undefined;
  readonly received: string[] = [];
  readonly sent: Uint8Array[] = [];
  readonly counters = createDtlsCounters();
  readonly timers = new Timers();
  readonly association: DtlsAssociation;
  /** Where output goes. */
  onSend: (datagram: Uint8Array) => void = () => {};

  constructor(role: 'server' | 'client', certificate: LocalCertificate, remoteFingerprints: readonly CertificateFingerprint[]) {
    this.association = new DtlsAssociation({ role, certificate, remoteFingerprints, listener: this, timers: this.timers }, this.counters);
  }

  onOutput(datagram: Uint8Array): void {
    this.sent.push(datagram);
    this.onSend(datagram);
  }

  onConnected(keys: SrtpKeyingMaterial): void {
    this.keys = keys;
  }

  onData(data: Uint8Array): void {
    this.received.push(Buffer.from(data).toString());
  }

  onDefect(error: unknown): void {
    throw error;
  }

  onClosed(reason: SecureCloseReason): void {
    if (this.closeReason !== undefined) throw new Error('closed twice');
    this.closeReason = reason;
  }
}

/** What happens to one datagram: the times it arrives after, none if it is lost. */
export type Fate = (datagram: Uint8Array, number: number) => readonly number[];

export const PERFECT: Fate = () => [10];

/** What a link needs of an end. */
export interface LinkEnd {
  readonly keys: SrtpKeyingMaterial | undefined;
  readonly timers: Timers;
  readonly association: { handleDatagram(nowMs: number, datagram: Uint8Array): void };
  onSend: (datagram: Uint8Array) => void;
}

interface Flight {
  readonly arrivesMs: number;
  readonly order: number;
  readonly to: LinkEnd;
  readonly datagram: Uint8Array;
}

export class VirtualLink<Client extends LinkEnd = DtlsEnd> {
  readonly server: DtlsEnd;
  readonly client: Client;
  nowMs = 0;
  #flights: Flight[] = [];
  #order = 0;

  constructor(server: DtlsEnd, client: Client, fate: { toServer?: Fate; toClient?: Fate } = {}) {
    this.server = server;
    this.client = client;
    client.onSend = this.#carry(server, fate.toServer ?? PERFECT);
    server.onSend = this.#carry(client, fate.toClient ?? PERFECT);
  }

  get isConnected(): boolean {
    return this.server.keys !== undefined && this.client.keys !== undefined;
  }

  /** How many timers are armed at both ends. */
  get armedTimers(): number {
    return this.server.timers.size + this.client.timers.size;
  }

  /** Lets time pass: what is due happens in order. */
  run(durationMs: number): this {
    const untilMs = this.nowMs + durationMs;
    const ends = [this.server, this.client];
    for (;;) {
      const arrivalsMs = this.#flights.map(({ arrivesMs }) => arrivesMs);
      const nextMs = Math.min(...ends.map(({ timers }) => timers.nextDeadlineMs), ...arrivalsMs);
      if (nextMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, nextMs);
      this.#deliverDue();
      for (const { timers } of ends) timers.fireDue(this.nowMs);
    }
    this.nowMs = untilMs;
    return this;
  }

  #deliverDue(): void {
    const due = this.#flights.filter(({ arrivesMs }) => arrivesMs <= this.nowMs);
    this.#flights = this.#flights.filter(({ arrivesMs }) => arrivesMs > this.nowMs);
    due.sort((one, other) => one.arrivesMs - other.arrivesMs || one.order - other.order);
    for (const { to, datagram } of due) to.association.handleDatagram(this.nowMs, datagram);
  }

  #carry(to: LinkEnd, fate: Fate): (datagram: Uint8Array) => void {
    let number = 0;
    return (datagram) => {
      for (const delayMs of fate(datagram, number++)) {
        this.#flights.push({ arrivesMs: this.nowMs + delayMs, order: this.#order++, to, datagram: Uint8Array.from(datagram) });
      }
    };
  }
}

/** A repeatable sequence of numbers from 0 up to 1. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
