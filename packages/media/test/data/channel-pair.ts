/** The data channels of two peers over a lossy link in virtual time. */
import { CLEAN_LINK, hmacSha1, type Impairment, seededRandom, VirtualLink } from '@causeway/testkit';
import type { DataChannelInfo } from '../../src/data/data-channel.ts';
import { DataChannels } from '../../src/data/data-channels.ts';
import type { DataChannelsListener } from '../../src/data/data-channels-options.ts';
import { createDataCounters } from '../../src/data/data-counters.ts';
import { Timers } from '../../src/timers.ts';

export interface HeardMessage {
  readonly streamId: number;
  readonly data: Uint8Array;
  readonly kind: 'text' | 'binary';
}

/** One end, and what it has told its owner. */
export class ChannelEnd implements DataChannelsListener {
  readonly timers = new Timers();
  readonly counters = createDataCounters();
  readonly channels: DataChannels;
  readonly announced: number[] = [];
  readonly opened: DataChannelInfo[] = [];
  readonly closed: number[] = [];
  readonly messages: HeardMessage[] = [];
  aborted = 0;
  /** What is known of the other end's DTLS handshake. */
  hasPeerFinished = true;
  send: (packet: Uint8Array) => void = () => {};

  constructor(role: 'server' | 'client', random: () => number) {
    this.channels = new DataChannels({
      role,
      timers: this.timers,
      hmacSha1,
      randomBytes: (length) => Uint8Array.from({ length }, () => random() * 256),
      counters: this.counters,
      listener: this,
      hasPeerFinished: () => this.hasPeerFinished,
    });
  }

  onPacket(packet: Uint8Array): void {
    this.send(packet);
  }

  onAnnounced(streamId: number): void {
    this.announced.push(streamId);
  }

  onOpened(channel: DataChannelInfo): void {
    this.opened.push(channel);
  }

  onClosed(streamId: number): void {
    this.closed.push(streamId);
  }

  onMessage(streamId: number, data: Uint8Array, kind: 'text' | 'binary'): void {
    this.messages.push({ streamId, data, kind });
  }

  onOversizedMessage(): void {}

  onAborted(): void {
    this.aborted++;
  }

  onDefect(error: unknown): void {
    throw error;
  }
}

/** Packets may be on loan: nothing may be kept of one but copies. */
function lend(packet: Uint8Array, handle: (lent: Uint8Array) => void): void {
  const lent = Buffer.from(packet);
  handle(lent);
  lent.fill(0xee);
}

export class ChannelPair {
  readonly server: ChannelEnd;
  readonly client: ChannelEnd;
  readonly toServer: VirtualLink;
  readonly toClient: VirtualLink;
  nowMs = 1000;

  constructor({ seed = 1, link = {} }: { readonly seed?: number; readonly link?: Partial<Impairment> } = {}) {
    const random = seededRandom(seed);
    const impairment = { ...CLEAN_LINK, ...link };
    this.server = new ChannelEnd('server', random);
    this.client = new ChannelEnd('client', random);
    this.toServer = new VirtualLink(random, impairment, (nowMs, packet) =>
      lend(packet, (lent) => this.server.channels.handlePacket(nowMs, lent)),
    );
    this.toClient = new VirtualLink(random, impairment, (nowMs, packet) =>
      lend(packet, (lent) => this.client.channels.handlePacket(nowMs, lent)),
    );
    this.server.send = (packet) => this.toClient.send(this.nowMs, packet);
    this.client.send = (packet) => this.toServer.send(this.nowMs, packet);
  }

  /** Opens a channel, and lets it become open at both ends. */
  open(from: ChannelEnd, label: string): number {
    const streamId = from.channels.open(this.nowMs, { label });
    this.run(1000);
    if (streamId === undefined) throw new Error('there is no stream for a channel');
    return streamId;
  }

  run(durationMs: number): void {
    this.runUntil(() => false, durationMs);
  }

  /** Lets time pass until the condition holds. @returns how long it took; Infinity if it never did */
  runUntil(condition: () => boolean, limitMs: number): number {
    const startMs = this.nowMs;
    const ends = [this.server, this.client];
    while (!condition()) {
      const nextMs = Math.min(...ends.map(({ timers }) => timers.nextDeadlineMs), this.toServer.nextArrivalMs, this.toClient.nextArrivalMs);
      if (nextMs > startMs + limitMs) {
        this.nowMs = startMs + limitMs;
        return Number.POSITIVE_INFINITY;
      }
      this.nowMs = Math.max(this.nowMs, nextMs);
      this.toServer.deliverDue(this.nowMs);
      this.toClient.deliverDue(this.nowMs);
      for (const { timers } of ends) timers.fireDue(this.nowMs);
    }
    return this.nowMs - startMs;
  }
}
