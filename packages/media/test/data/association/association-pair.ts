/** Two associations over a lossy link in virtual time. */
import { CLEAN_LINK, hmacSha1, type Impairment, seededRandom, VirtualLink } from '@causeway/testkit';
import { Association, type AssociationListener } from '../../../src/data/association/association.ts';
import type { MessageToSend } from '../../../src/data/association/outgoing-message.ts';
import { createDataCounters } from '../../../src/data/data-counters.ts';

export interface ReceivedMessage {
  readonly atMs: number;
  readonly streamId: number;
  readonly protocolId: number;
  readonly data: Uint8Array;
}

export interface PairOptions {
  readonly seed?: number;
  readonly link?: Partial<Impairment>;
  /** What both ends number their first chunk with. Default: whatever comes of the seed. */
  readonly initialTsn?: number;
}

/** One end, and what it has told its owner. */
export class AssociationEnd implements AssociationListener {
  readonly counters = createDataCounters();
  readonly association: Association;
  readonly messages: ReceivedMessage[] = [];
  readonly incomingResets: number[] = [];
  readonly outgoingResets: number[] = [];
  readonly oversized: number[] = [];
  /** All packets that it has sent. */
  readonly sent: Uint8Array[] = [];
  readyAtMs: number[] = [];
  restarts = 0;
  closed = 0;
  /** Called when messages can be sent. */
  whenReady: () => void = () => {};
  onSend: (packet: Uint8Array) => void = () => {};
  readonly #now: () => number;

  constructor(random: () => number, now: () => number, initialTsn: number | undefined) {
    this.#now = now;
    this.association = new Association({
      hmacSha1,
      randomBytes: (length) => {
        const bytes = Uint8Array.from({ length }, () => random() * 256);
        // Eight bytes are a tag and an initial TSN.
        if (length === 8 && initialTsn !== undefined) new DataView(bytes.buffer).setUint32(4, initialTsn);
        return bytes;
      },
      counters: this.counters,
      listener: this,
    });
  }

  onPacket(packet: Uint8Array): void {
    this.sent.push(packet.slice());
    this.onSend(packet);
  }

  onReady(): void {
    this.readyAtMs.push(this.#now());
    this.whenReady();
  }

  onRestarted(): void {
    this.restarts++;
  }

  onClosed(): void {
    this.closed++;
  }

  onMessage(streamId: number, protocolId: number, data: Uint8Array): void {
    this.messages.push({ atMs: this.#now(), streamId, protocolId, data });
  }

  onOversizedMessage(streamId: number): void {
    this.oversized.push(streamId);
  }

  onIncomingReset(streamIds: readonly number[]): void {
    this.incomingResets.push(...streamIds);
  }

  onOutgoingReset(streamIds: readonly number[]): void {
    this.outgoingResets.push(...streamIds);
  }
}

export class AssociationPair {
  readonly a: AssociationEnd;
  readonly b: AssociationEnd;
  /** From `a` to `b`, and back. */
  readonly there: VirtualLink;
  readonly back: VirtualLink;
  nowMs = 1000;
  readonly #agenda: { readonly atMs: number; readonly act: () => void }[] = [];

  constructor({ seed = 1, link = {}, initialTsn }: PairOptions = {}) {
    const random = seededRandom(seed);
    const impairment = { ...CLEAN_LINK, ...link };
    this.a = new AssociationEnd(random, () => this.nowMs, initialTsn);
    this.b = new AssociationEnd(random, () => this.nowMs, initialTsn);
    this.there = new VirtualLink(random, impairment, (nowMs, packet) => this.b.association.handlePacket(nowMs, packet));
    this.back = new VirtualLink(random, impairment, (nowMs, packet) => this.a.association.handlePacket(nowMs, packet));
    this.a.onSend = (packet) => this.there.send(this.nowMs, packet);
    this.b.onSend = (packet) => this.back.send(this.nowMs, packet);
  }

  /** A pair whose handshake is over. */
  static connected(options: PairOptions = {}): AssociationPair {
    const pair = new AssociationPair({ ...options, link: {} });
    pair.a.association.connect(pair.nowMs);
    pair.run(1000);
    const impairment = { ...CLEAN_LINK, ...options.link };
    pair.there.impairment = impairment;
    pair.back.impairment = impairment;
    return pair;
  }

  send(from: AssociationEnd, message: Partial<MessageToSend> & { readonly data: Uint8Array }): boolean {
    return from.association.send(this.nowMs, {
      streamId: 0,
      protocolId: 53,
      isUnordered: false,
      maxRetransmits: Number.POSITIVE_INFINITY,
      expiresAtMs: Number.POSITIVE_INFINITY,
      ...message,
    });
  }

  after(delayMs: number, act: () => void): void {
    this.#agenda.push({ atMs: this.nowMs + delayMs, act });
    this.#agenda.sort((one, other) => one.atMs - other.atMs);
  }

  run(durationMs: number): void {
    const untilMs = this.nowMs + durationMs;
    for (let nextMs = this.#nextEventMs(); nextMs <= untilMs; nextMs = this.#nextEventMs()) this.#step(nextMs);
    this.nowMs = untilMs;
  }

  /** Lets time pass until the condition holds. @returns how long it took; Infinity if it never did */
  runUntil(condition: () => boolean, limitMs: number): number {
    const startMs = this.nowMs;
    while (!condition()) {
      const nextMs = this.#nextEventMs();
      if (nextMs > startMs + limitMs) return Number.POSITIVE_INFINITY;
      this.#step(nextMs);
    }
    return this.nowMs - startMs;
  }

  #nextEventMs(): number {
    const { a, b, there, back } = this;
    const agendaMs = this.#agenda[0]?.atMs ?? Number.POSITIVE_INFINITY;
    return Math.min(a.association.nextDeadlineMs, b.association.nextDeadlineMs, there.nextArrivalMs, back.nextArrivalMs, agendaMs);
  }

  #step(nextMs: number): void {
    this.nowMs = Math.max(this.nowMs, nextMs);
    while ((this.#agenda[0]?.atMs ?? Number.POSITIVE_INFINITY) <= this.nowMs) this.#agenda.shift()?.act();
    this.there.deliverDue(this.nowMs);
    this.back.deliverDue(this.nowMs);
    for (const { association } of [this.a, this.b]) if (association.nextDeadlineMs <= this.nowMs) association.handleTimeout(this.nowMs);
  }
}
