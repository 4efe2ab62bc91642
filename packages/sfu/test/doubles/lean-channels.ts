/** Data channels of a client on a real socket, in real time. */
import { createHmac, randomBytes } from 'node:crypto';
import { createDataCounters, type DataChannelInfo, DataChannels, type DataKind, Timers } from '@causeway/media';
import type { LeanClient } from './lean-client.ts';

const TICK_MS = 2;

export class LeanChannels {
  readonly id: string;
  readonly channels: DataChannels;
  readonly opened: DataChannelInfo[] = [];
  readonly closed: number[] = [];
  /** Messages that have come, in order. */
  readonly received: { readonly streamId: number; readonly kind: DataKind; readonly data: Uint8Array }[] = [];
  readonly #timers = new Timers();
  readonly #ticks: NodeJS.Timeout;

  /** @param client connected */
  constructor(client: LeanClient) {
    this.id = client.id;
    this.channels = new DataChannels({
      role: 'client',
      timers: this.#timers,
      hmacSha1: (key, message) => createHmac('sha1', key).update(message).digest(),
      randomBytes,
      counters: createDataCounters(),
      listener: {
        onPacket: (packet) => client.sendApplicationData(packet),
        onOpened: (channel) => this.opened.push(channel),
        onClosed: (streamId) => this.closed.push(streamId),
        onMessage: (streamId, data, kind) => this.received.push({ streamId, data, kind }),
        onOversizedMessage: () => undefined,
        onAborted: () => undefined,
        onDefect: (error) => {
          throw error;
        },
      },
    });
    client.onApplicationData = (nowMs, data) => {
      this.channels.handlePacket(nowMs, data);
      this.#timers.fireDue(nowMs);
    };
    this.#ticks = setInterval(() => this.#timers.fireDue(performance.now()), TICK_MS);
  }

  open(label: string): number {
    const streamId = this.channels.open(performance.now(), { label });
    if (streamId === undefined) throw new Error('there is no stream for another channel');
    return streamId;
  }

  send(streamId: number, data: Uint8Array | string): boolean {
    return this.channels.send(performance.now(), streamId, data);
  }

  close(): void {
    clearInterval(this.#ticks);
  }
}
