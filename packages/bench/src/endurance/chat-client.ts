import { createHmac, randomBytes } from 'node:crypto';
import type { LoadPeerListener } from '@causeway/loadtest';
import { createDataCounters, DataChannels, type SecureEndpoint, Timers } from '@causeway/media';

/** The interval at which its timers are checked. */
const TICK_MS = 5;

/** A client with one data channel, over the DTLS of a load generator's peer. */
export class ChatClient implements LoadPeerListener {
  readonly #timers = new Timers();
  readonly #channels: DataChannels;
  #endpoint: SecureEndpoint | undefined;
  #streamId: number | undefined;
  #ticks: NodeJS.Timeout | undefined;

  constructor() {
    this.#channels = new DataChannels({
      role: 'client',
      timers: this.#timers,
      hmacSha1: (key, message) => createHmac('sha1', key).update(message).digest(),
      randomBytes,
      counters: createDataCounters(),
      listener: {
        onPacket: (packet) => this.#endpoint?.sendApplicationData(packet),
        onOpened() {},
        onClosed() {},
        onOversizedMessage() {},
        onMessage() {},
        onAborted() {},
        onDefect(error) {
          throw error;
        },
      },
    });
  }

  /** Opens the channel. The peer must be connected. */
  open(endpoint: SecureEndpoint): void {
    this.#endpoint = endpoint;
    this.#ticks = setInterval(() => this.#timers.fireDue(performance.now()), TICK_MS);
    this.#streamId = this.#channels.open(performance.now(), { label: 'chat' });
  }

  /** @returns false while the channel is not open */
  say(text: string): boolean {
    return this.#streamId !== undefined && this.#channels.send(performance.now(), this.#streamId, text);
  }

  close(): void {
    clearInterval(this.#ticks);
    this.#channels.close();
  }

  onSrtp(): void {}

  onSrtcp(): void {}

  onApplicationData(nowMs: number, data: Uint8Array): void {
    this.#channels.handlePacket(nowMs, data);
  }
}
