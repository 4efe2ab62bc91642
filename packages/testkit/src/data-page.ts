/**
 * A page with data channels in virtual time. Our own SCTP association takes the role of the browser's, over the links of a
 * scripted peer. It reads and writes at once, unless a test changes that.
 */
import { createDataCounters, type DataChannelInfo, DataChannels, type DataChannelsListener, Timers } from '@causeway/media';
import { plainApplicationData } from './plain-suite.ts';
import { hmacSha1, type ScriptedPeer } from './scripted-peer.ts';
import type { TimeDweller } from './virtual-time.ts';
import type { VirtualWorld } from './virtual-world.ts';

export interface PageMessage {
  readonly atMs: number;
  readonly streamId: number;
  readonly kind: 'text' | 'binary';
  readonly data: Uint8Array;
}

export class DataPage implements TimeDweller, DataChannelsListener {
  readonly peer: ScriptedPeer;
  readonly channels: DataChannels;
  readonly opened: DataChannelInfo[] = [];
  readonly closed: number[] = [];
  readonly messages: PageMessage[] = [];
  readonly counters = createDataCounters();
  /** Called when a channel is open. */
  whenOpen: (channel: DataChannelInfo) => void = () => undefined;
  /** Whether packets are read. A tab that hangs keeps its connection for a while. */
  isReading = true;
  readonly #world: VirtualWorld;
  readonly #timers = new Timers();

  /** @param peer connected; its world's time must be `world.time` */
  constructor(world: VirtualWorld, peer: ScriptedPeer) {
    this.#world = world;
    this.peer = peer;
    this.channels = new DataChannels({
      role: 'client',
      timers: this.#timers,
      hmacSha1,
      randomBytes: (length) => world.randomBytes(length),
      counters: this.counters,
      listener: this,
    });
    peer.onApplicationData = (nowMs, data) => {
      if (this.isReading) this.channels.handlePacket(nowMs, data);
    };
    world.time.join(this);
  }

  /** Opens a channel in-band, as `pc.createDataChannel(label, …)` does. @returns its stream id */
  open(label: string, options: Partial<Omit<DataChannelInfo, 'streamId' | 'label'>> = {}): number {
    const streamId = this.channels.open(this.#world.nowMs, { label, ...options });
    if (streamId === undefined) throw new Error('there is no stream for another channel');
    return streamId;
  }

  /** Does what `pc.createDataChannel('', { negotiated: true, id })` does. */
  openNegotiated(streamId: number): void {
    const info = { streamId, label: '', protocol: '', ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined };
    this.channels.openOn(this.#world.nowMs, info, { isNegotiated: true });
  }

  send(streamId: number, data: Uint8Array | string): boolean {
    return this.channels.send(this.#world.nowMs, streamId, data);
  }

  /** Returns the messages received on a channel; text messages are strings. */
  received(streamId: number): (string | Uint8Array)[] {
    const messages = this.messages.filter((message) => message.streamId === streamId);
    return messages.map(({ kind, data }) => (kind === 'text' ? new TextDecoder().decode(data) : data));
  }

  settle(): void {}

  nextEventMs(): number {
    return this.#timers.nextDeadlineMs;
  }

  act(nowMs: number): void {
    this.#timers.fireDue(nowMs);
  }

  onPacket(packet: Uint8Array): void {
    this.peer.sendRaw(this.#world.nowMs, plainApplicationData(packet));
  }

  onOpened(channel: DataChannelInfo): void {
    this.opened.push(channel);
    this.whenOpen(channel);
  }

  onClosed(streamId: number): void {
    this.closed.push(streamId);
  }

  onMessage(streamId: number, data: Uint8Array, kind: 'text' | 'binary'): void {
    this.messages.push({ atMs: this.#world.nowMs, streamId, kind, data });
  }

  onOversizedMessage(): void {}

  onAborted(): void {}

  onDefect(error: unknown): void {
    throw error;
  }
}
